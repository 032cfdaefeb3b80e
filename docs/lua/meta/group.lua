---@meta ssel.group

---Gives a part of an iteration a name: a tag on its samples, and its time in `group_duration`.
---@param name string without `::`
---@param fn fun(): any
---@return any ... all that fn returns
function group(name, fn) end

return group
