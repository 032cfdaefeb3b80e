---@meta ssel.check

---A function that receives the value, or a boolean.
---@alias check.condition boolean|fun(value: any): any

---Tests named conditions and counts how many pass; a condition that raises an error counts as failed.
---@generic T
---@param value T argument of each condition
---@param checks table<string, boolean|fun(value: T): any>
---@param tags? ssel.tags
---@return boolean all whether all conditions passed
function check(value, checks, tags) end

return check
