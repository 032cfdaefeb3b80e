---@meta ssel.sleep

---Pauses this VU, or the current task of it. Waits.
---@param duration ssel.duration
function sleep(duration) end

return sleep
