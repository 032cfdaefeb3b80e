---@meta io

---The part of `io` that scripts can use: printing.
---@class io
---@field stdout io.file
---@field stderr io.file
io = {}

---Writes strings and numbers unchanged to standard output.
---@param ... string|number
function io.write(...) end

---@class io.file
local file = {}

---@param ... string|number
---@return io.file
function file:write(...) end

---Does nothing: output is not buffered.
function file:flush() end

---Does nothing: output is not buffered.
---@param ... any
---@return boolean
function file:setvbuf(...) end

return io
