-- The basis of every script: waiting, errors as strings, loading of text only. It runs once in each Lua state, before the
-- script. modules/standard.rs loads libraries that not every script needs.

local WAIT, native = ...

local coroutine, select, tostring, type = coroutine, select, tostring, type
local isyieldable, yield = coroutine.isyieldable, coroutine.yield
local jit_on, jit_off = jit.on, jit.off
local raw_pcall, raw_xpcall, raw_load, raw_ipairs = pcall, xpcall, load, ipairs

-- Loaded on first use, with support for functions that wait.
_G.coroutine = nil

-- Waits for the operation that a native function has begun, and returns its results.
local function wait()
  return yield(WAIT)
end

-- Raises an error unless the function called `name` may wait here. Functions call this before they begin an operation.
local function can_wait(name)
  native.check_wait(name, isyieldable())
end

-- Errors of native functions are objects of mlua; scripts receive the message.
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

-- Only text is loaded, because bytecode can crash the process.
function load(chunk, name, _, ...)
  return raw_load(chunk, name, "t", ...)
end

loadstring = load

-- Shared arrays are userdata, which Lua's ipairs refuses.
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
  local text = n > 0 and tostring((...)) or ""
  for i = 2, n do text = text .. "\t" .. tostring((select(i, ...))) end
  native.print(text .. "\n")
end

-- Calls f and passes an error on with the traceback of the place where it was raised.
local function guarded(f, ...)
  return raw_xpcall(f, native.remember_error, ...)
end

-- The same for callbacks: `names.at` is the name of the one that is running.
local function guarded_callback(names, f, ...)
  return raw_xpcall(f, function(failure) return native.remember_error(failure, names.at) end, ...)
end

-- An error that is a table has no message. It is remembered, so that its content can be shown if no code catches it.
local error, assert = error, assert

_G.error = function(failure, level)
  if type(failure) == "table" then native.remember_table(failure) end
  level = level or 1
  -- One more for this function.
  error(failure, level > 0 and level + 1 or level)
end

_G.assert = function(...)
  if not (...) then
    local failure = select(2, ...)
    if type(failure) == "table" then native.remember_table(failure) end
  end
  return assert(...)
end

return {
  wait = wait, can_wait = can_wait, guarded = guarded, guarded_callback = guarded_callback, plain = plain, coroutine = coroutine, WAIT = WAIT,
  jit_on = jit_on, jit_off = jit_off, misuse = native.misuse, wrong_type = native.wrong_type,
}
