-- The ground every script stands on: coroutines that let waiting functions through, errors as plain strings,
-- text-only loading. Runs once in each Lua state, before the script.

local WAIT, native = ...

local coroutine, error, select, tostring, type = coroutine, error, select, tostring, type
local isyieldable, yield, resume, create = coroutine.isyieldable, coroutine.yield, coroutine.resume, coroutine.create
local raw_pcall, raw_xpcall, raw_load, raw_ipairs = pcall, xpcall, load, ipairs
local concat = table.concat

-- Waits for the operation that a native function has just begun, and returns its results.
local function wait()
  return yield(WAIT)
end

-- Raises unless a function called `name` may wait here; to be asked before anything is begun.
local function can_wait(name)
  if not isyieldable() or not native.may_wait() then native.cannot_wait(name) end
end

-- Errors of native functions are objects of mlua; a script sees the text.
local function plain(ok, failure, ...)
  if not ok and type(failure) == "userdata" then failure = native.error_text(failure) end
  return ok, failure, ...
end

function pcall(...)
  return plain(raw_pcall(...))
end

function xpcall(f, handler, ...)
  if type(handler) ~= "function" then return raw_xpcall(f, handler, ...) end
  return raw_xpcall(f, function(failure)
    if type(failure) == "userdata" then failure = native.error_text(failure) end
    return handler(failure)
  end, ...)
end

-- A waiting function inside a script's own coroutine yields to the VU, not to the script.
local function pass(co, ok, first, ...)
  if ok and first == WAIT then
    if not isyieldable() then native.cannot_wait("coroutine.resume") end
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

-- Bytecode can crash the process, so only text is loaded.
function load(chunk, name, _, ...)
  return raw_load(chunk, name, "t", ...)
end

loadstring = load

-- `data.shared` arrays are userdata, which the plain ipairs refuses.
local function next_shared(array, i)
  i = i + 1
  local value = array[i]
  if value ~= nil then return i, value end
end

function ipairs(t)
  if type(t) == "userdata" then return next_shared, t, 0 end
  return raw_ipairs(t)
end

function print(...)
  local n = select("#", ...)
  if n == 1 then return native.print(tostring((...)) .. "\n") end
  local words = { ... }
  for i = 1, n do words[i] = tostring(words[i]) end
  native.print(concat(words, "\t", 1, n) .. "\n")
end

-- Calls f and hands an error on with the traceback of the place where it was raised.
local function guarded(f, ...)
  return raw_xpcall(f, native.remember_error, ...)
end

return { wait = wait, can_wait = can_wait, guarded = guarded, WAIT = WAIT }
