-- `coroutine`, whose coroutines may call functions that wait.

local base = ...
local coroutine, plain, WAIT = base.coroutine, base.plain, base.WAIT
local isyieldable, yield, resume, create = coroutine.isyieldable, coroutine.yield, coroutine.resume, coroutine.create
local error = error

-- A waiting function in a coroutine of the script yields to the VU instead of to the script.
local function pass(co, ok, first, ...)
  if ok and first == WAIT then
    if not isyieldable() then base.can_wait("coroutine.resume") end
    return pass(co, resume(co, yield(WAIT)))
  end
  return plain(ok, first, ...)
end

function coroutine.resume(co, ...)
  return pass(co, resume(co, ...))
end

local function unwrap(ok, ...)
  if not ok then error((...), 0) end
  return ...
end

function coroutine.wrap(f)
  local co = create(f)
  return function(...)
    return unwrap(pass(co, resume(co, ...)))
  end
end

return coroutine
