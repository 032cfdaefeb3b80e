---@meta ssel.fail

---Raises an error, which ends the iteration.
---@param message? any default "the iteration failed"
function fail(message) end

return fail
