-- `sse.open`, and what it shares with `sse.connect`. A loop takes batches of decoded, timestamped events from Rust and
-- waits only when there are none. A run may hold thousands of streams, so the code for floods is loaded by the first flood
-- (flood.lua), and `sse.connect` by its first call (connect.lua).

local native, base = ...

local collectgarbage, error, type = collectgarbage, error, type
local getmetatable, setmetatable = getmetatable, setmetatable
local can_wait, wait, guarded = base.can_wait, base.wait, base.guarded_callback
local misuse, wrong_type = base.misuse, base.wrong_type
local take, begin_wait = native.take, native.begin_wait

local event_methods = {}
local event_meta = { __index = event_methods }

-- Returns a record of a batch and counts it as delivered: the table of an event, the text of a comment, false for a failed
-- attempt that is followed by another, or true when the stream is open.
local record_at = native.record_at(event_meta)

local decode

local function without_colon(object, method)
  misuse(object .. "." .. method, "call it with a colon: " .. object .. ":" .. method .. "(…)")
end

function event_methods.json(event, options)
  local data = type(event) == "table" and event.data
  if type(data) ~= "string" then without_colon("event", "json") end
  decode = decode or native.json_decode()
  return decode(data, options)
end

function event_meta.__tostring(event)
  return ("event %s %q: %s"):format(event.name, event.id, event.data)
end

-- Calls every handler until one of them closes the client.
local function call_each(client, handlers, ...)
  for i = 1, #handlers do
    handlers[i](...)
    if client.closed then return end
  end
end

-- Delivers a record other than an event. `client.at` is the callback's name in tracebacks.
local function deliver_other(client, what)
  local handlers = client.handlers
  if what == false then
    client.at = "error"
    call_each(client, handlers.error, (native.failure(client.stream)))
  elseif what == true then
    client.at = "open"
    call_each(client, handlers.open, (native.head(client.stream)))
  else
    client.at = "comment"
    call_each(client, handlers.comment, what)
  end
  client.at = "event"
end

-- Passes n records to the handlers until the client is closed. Rust reads the number of delivered records from `counter`,
-- even if a handler raises an error or is interrupted.
local function deliver(client, n, records, texts, counter)
  local handlers = client.handlers
  for i = 0, n - 1 do
    local what = record_at(records, texts, counter, i)
    if type(what) == "table" then
      call_each(client, handlers.event, what)
    else
      deliver_other(client, what)
    end
    if client.closed then return end
  end
end

-- The number of consecutive batches with few events; how many of them make a slow stream; how many events make a flood.
local slow_batches, SLOW, MANY = 0, 8, 16

-- During a flood, LuaJIT collects garbage as usual, in steps and when memory has doubled: collecting early would make a handler
-- that keeps its events slower by a third. For a slow stream, it collects early and completely, because collecting in steps
-- would let as much garbage again accumulate.
local function collect_early(early)
  collectgarbage("setpause", early and 110 or 200)
  collectgarbage("setstepmul", early and 0 or 200)
end

-- Tunes LuaJIT after each batch; n is the number of events since the last pause. For a slow stream, compilation is off too:
-- otherwise each of thousands of waiting VUs would hold as much garbage and machine code as data. The first events have
-- compiled the loops of a handler.
local function tune(n)
  if n < MANY then
    slow_batches = slow_batches + 1
    if slow_batches == SLOW then
      base.jit_off()
      collect_early(true)
      collectgarbage()
    end
  else
    if slow_batches >= SLOW then
      base.jit_on()
      collect_early(false)
    end
    slow_batches = 0
  end
end

local flood_functions

-- The functions for batches of many events.
local function flood()
  flood_functions = flood_functions or native.flood(without_colon, event_meta, record_at, call_each, deliver_other)
  return flood_functions
end

-- Waits for more. If `collect` is true, it collects the garbage of a large event before.
local function wait_for_news(stream, collect, deadline)
  if collect then collectgarbage() end
  begin_wait(stream, deadline)
  return wait()
end

local function run(client, stream, counter)
  client.at = "event"
  -- Events since the last pause: the batches of a flood are small if many VUs share the thread.
  local burst = 0
  while not client.closed do
    local n, records, texts, rested = take(stream)
    if n > 0 then
      if rested then burst = 0 end
      burst = burst + n
      tune(burst)
      local is_flood = burst >= MANY or flood_functions and slow_batches < SLOW
      local deliver = is_flood and flood().deliver or deliver
      deliver(client, n, records, texts, counter)
    elseif n == 0 then
      wait_for_news(stream, records)
    else
      return
    end
  end
end

-- Calls the handlers for the end of the stream.
local function call_end_handlers(client, response)
  local handlers = client.handlers
  client.at = "error"
  if response.error and not client.closed then call_each(client, handlers.error, response.error) end
  client.at = "close"
  for i = 1, #handlers.close do handlers.close[i](response) end
end

-- No handlers; never changed.
local NONE = {}

local client_methods = {}
local client_meta = { __index = client_methods }

function client_methods.on(client, name, handler)
  if getmetatable(client) ~= client_meta then
    misuse("client:on", 'call it with a colon: client:on("event", function(event) … end)')
  end
  local handlers = client.handlers
  local known = handlers[name]
  if not known then
    wrong_type("client:on", "argument 1 (name)", "one of open, event, comment, error, close", name)
  end
  if type(handler) ~= "function" then wrong_type("client:on", "argument 2", "a function", handler) end
  -- Events without a handler at the start of the request are not kept, so they cannot be delivered later.
  if client.unregistered[name] then
    misuse("client:on", "the first handler for '" .. name .. "' must be set in the setup function, before the request is sent")
  end
  if known == NONE then
    handlers[name] = { handler }
  else
    known[#known + 1] = handler
  end
  return client
end

function client_methods.close(client)
  if getmetatable(client) ~= client_meta then without_colon("client", "close") end
  client.closed = true
  -- Another task may close the client while sse.open waits.
  if client.stream then native.close(client.stream) end
end

-- Callbacks that a client has not registered before the request.
local NEITHER, NO_COMMENTS = { event = true, comment = true }, { comment = true }

local sse = {}

function sse.open(url, params, setup)
  if setup == nil and type(params) == "function" then params, setup = nil, params end
  can_wait("sse.open")
  local stream = native.request("sse.open", url, params)
  if type(setup) ~= "function" then
    wrong_type("sse.open", "argument 3 (setup)", "a function(client) as the last argument", setup)
  end
  local handlers = { open = NONE, event = NONE, comment = NONE, error = NONE, close = NONE }
  local client = setmetatable({ handlers = handlers, closed = false, unregistered = NONE, at = false }, client_meta)
  setup(client)
  if client.closed then return native.unsent(stream) end
  local events, comments = handlers.event ~= NONE, handlers.comment ~= NONE
  client.unregistered = comments and NONE or events and NO_COMMENTS or NEITHER
  local counter = native.start(stream, handlers.open ~= NONE, events, comments, handlers.error ~= NONE)
  client.stream = stream
  local ok, failure = guarded(client, run, client, stream, counter)
  tune(MANY)
  native.close(stream)
  if not ok then error(failure, 0) end
  local response = native.response(stream)
  if handlers.close ~= NONE or response.error and handlers.error ~= NONE then
    ok, failure = guarded(client, call_end_handlers, client, response)
    if not ok then error(failure, 0) end
  end
  return response
end

local connect

function sse.connect(url, params)
  connect = connect or native.connect(record_at, flood, tune, wait_for_news)
  return connect(url, params)
end

return sse
