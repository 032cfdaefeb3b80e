---@meta ssel.target

---The built-in server.
---@class target
target = {}

---Returns the URL of a path on the server; the first call starts it.
---@param path? string begins with "/"; default "/"
---@return string
function target.url(path) end

return target
