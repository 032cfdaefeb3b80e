---@meta ssel.group

---Names a section of an iteration: its samples get a tag, and `group_duration` records its time.
---@param name string without `::`
---@param fn fun(): any
---@return any ... the return values of fn
function group(name, fn) end

return group
