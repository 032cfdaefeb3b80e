-- `group(name, fn) -> results of fn`. The function may wait, so the call is Lua.

local native, base = ...

local error, type = error, type
local guarded, wrong_type = base.guarded, base.wrong_type

local function leave(started, ok, ...)
  native.leave(started, ok)
  if not ok then error((...), 0) end
  return ...
end

return function(name, f)
  if type(name) ~= "string" then wrong_type("group", "argument 1 (name)", "a string", name) end
  if type(f) ~= "function" then wrong_type("group", "argument 2", "a function", f) end
  return leave(native.enter(name), guarded(f))
end
