---@meta ssel.now

---Seconds of a monotonic clock; only differences are meaningful.
---@return number
function now() end

return now
