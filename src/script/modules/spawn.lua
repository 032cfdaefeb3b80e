-- `spawn(fn, ...) -> task`. Results and errors of a task stay in Lua; Rust knows whether it is over and whether it failed.

local native, base = ...

local error, getmetatable, select, setmetatable, type, unpack = error, getmetatable, select, setmetatable, type, unpack
local can_wait, wait, guarded, wrong_type = base.can_wait, base.wait, base.guarded, base.wrong_type
local is_over = native.is_over

-- The key of a task's private fields, which scripts cannot reach.
local OWN = {}

local methods = {}
local meta = { __index = methods }

local function own_of(task, method)
  if getmetatable(task) == meta then return task[OWN] end
  wrong_type("task:" .. method, "the task", "a task made by spawn; call it with a colon", task)
end

local function keep(own, ...)
  own.n, own.results = select("#", ...), { ... }
  return ...
end

-- The arguments wait in a private field, because Rust can hold only about 8,000 values of a state.
local function body(own)
  local f, arguments = own.f, own.arguments
  own.f, own.arguments = nil, nil
  return keep(own, guarded(f, unpack(arguments, 1, arguments.n)))
end

function methods.wait(task)
  local own = own_of(task, "wait")
  if not is_over(own.task) then
    can_wait("task:wait")
    native.begin_wait(own.task)
    wait()
  end
  local results = own.results
  if results and results[1] then return unpack(results, 2, own.n) end
  local message = native.claim(own.task)
  if results then error(results[2], 0) end
  error(message or "task:wait: the task was cut off at the end of its iteration", 0)
end

function methods.done(task)
  return is_over(own_of(task, "done").task)
end

return function(f, ...)
  if type(f) ~= "function" then wrong_type("spawn", "argument 1", "a function", f) end
  local own = { f = f, arguments = { n = select("#", ...), ... } }
  own.task = native.start(body, own)
  return setmetatable({ [OWN] = own }, meta)
end
