---@meta ssel.target

---The built-in server.
---@class target
target = {}

---The URL of a path on it; the first call starts it.
---@param path? string begins with "/"; default "/"
---@return string
function target.url(path) end

return target
