---@meta ssel.report

---The usual screen at the end of a run.
---@class report
report = {}

---Returns the summary as ssel would print it; in `handle_summary` only.
---@param summary table the argument of `handle_summary`
---@param options? { colors?: boolean } `colors = false`: without colours, for a file
---@return string
function report.text(summary, options) end

return report
