---@meta os

---The part of `os` that scripts can use: clocks and variables.
---@class os
os = {}

---CPU time of the whole process, in seconds; to measure how long something takes use `now()`.
---@return number
function os.clock() end

---@param format? string
---@param time? integer
---@return string|table
function os.date(format, time) end

---@param to integer
---@param from integer
---@return number seconds
function os.difftime(to, from) end

---Same as `env.NAME`.
---@param name string
---@return string?
function os.getenv(name) end

---@param table? table
---@return integer seconds since 1970
function os.time(table) end

return os
