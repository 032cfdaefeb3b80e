---@meta ssel.sleep

---Pauses this VU. Waits.
---@param duration ssel.duration
function sleep(duration) end

return sleep
