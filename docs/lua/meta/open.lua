---@meta ssel.open

---Returns the content of a file; in the init stage only.
---@param path string relative to the script
---@param mode? "b" accepted and ignored
---@return string
function open(path, mode) end

return open
