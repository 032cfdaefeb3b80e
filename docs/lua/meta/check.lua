---@meta ssel.check

---A function that gets the value, or a value that is true or false already.
---@alias check.condition boolean|fun(value: any): any

---Tests named conditions and counts how many hold; a condition that raises counts as failed.
---@generic T
---@param value T what each condition gets
---@param checks table<string, boolean|fun(value: T): any>
---@param tags? ssel.tags
---@return boolean all whether all conditions hold
function check(value, checks, tags) end

return check
