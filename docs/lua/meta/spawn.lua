---@meta ssel.spawn

---Runs `fn(...)` concurrently with the caller; it begins when the caller next waits.
---@param fn fun(...: any): any
---@param ... any its arguments
---@return ssel.task
function spawn(fn, ...) end

---@class ssel.task
local task = {}

---Returns what the task returned, or raises what it raised. Waits.
---@return any ...
function task:wait() end

---Whether the task has ended.
---@return boolean
function task:done() end

return spawn
