---@meta ssel.open

---The content of a file; in the init stage only.
---@param path string relative to the script
---@param mode? "b" taken and ignored
---@return string
function open(path, mode) end

return open
