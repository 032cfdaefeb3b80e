---@meta ssel.now

---Seconds on a clock that never goes back; only differences mean anything.
---@return number
function now() end

return now
