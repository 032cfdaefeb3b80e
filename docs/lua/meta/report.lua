---@meta ssel.report

---The usual screen of the end of a run.
---@class report
report = {}

---The summary as ssel would have printed it; in `handle_summary` only.
---@param summary table the argument of `handle_summary`
---@param options? { colors?: boolean } `colors = false`: without colours, for a file
---@return string
function report.text(summary, options) end

return report
