-- `group(name, fn) -> results of fn`. The function may wait, so the call is Lua.

local native, base = ...

local error, type = error, type
local guarded = base.guarded

local function leave(started, ok, ...)
  native.leave(started, ok)
  if not ok then error((...), 0) end
  return ...
end

return function(name, f)
  if type(name) ~= "string" or type(f) ~= "function" then native.misuse(name, f) end
  return leave(native.enter(name), guarded(f))
end
