---@meta cjson.safe

---`cjson` whose `encode` and `decode` return nil and a message instead of raising an error.
---@class cjson.safe : cjson
local safe = {}

---@return cjson.safe instance with its own settings
function safe.new() end

---@param value any
---@return string? text
---@return string? message
function safe.encode(value) end

---@param text string
---@return any value
---@return string? message
function safe.decode(text) end

return safe
