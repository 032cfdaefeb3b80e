---@meta io

---What of `io` a script has: printing.
---@class io
---@field stdout io.file
---@field stderr io.file
io = {}

---Writes strings and numbers as they are to standard output.
---@param ... string|number
function io.write(...) end

---@class io.file
local file = {}

---@param ... string|number
---@return io.file
function file:write(...) end

---Does nothing: output is not held back.
function file:flush() end

---Does nothing: output is not held back.
---@param ... any
---@return boolean
function file:setvbuf(...) end

return io
