-- `sse.open` and `sse.connect`. Lua pulls: a loop takes batches of decoded events that Rust has read, stamped and
-- laid out, and waits only when there are none. The loop, a handler and the event's table compile into one trace,
-- so an event that a handler only looks at is never even allocated.

local native, base, ffi = ...

local collectgarbage, error, type = collectgarbage, error, type
local getmetatable, setmetatable = getmetatable, setmetatable
local can_wait, wait, guarded = base.can_wait, base.wait, base.guarded
local take, begin_wait = native.take, native.begin_wait
local json_decode, json_shape, json_null = native.json_decode, native.json_shape, native.json_null
local json_nulls = native.json_nulls

-- The layout of batch.rs; the texts lie in one block, offsets count from its start.
ffi.cdef [[
typedef struct {
  double time;
  uint32_t data, data_len, id, id_len, last_id, last_id_len, name, name_len, comment, comment_len;
  uint32_t kind;
} ssel_record;
typedef struct { double number; uint32_t offset, length; } ssel_leaf;
]]
local records_type, text_type = ffi.typeof("const ssel_record *"), ffi.typeof("const char *")
local counter_type = ffi.typeof("uint32_t *")
-- Kinds of records.
local EVENT, COMMENT, FAILURE = 0, 1, 2
local leaves_type = ffi.typeof("const ssel_leaf *")
local cast, text = ffi.cast, ffi.string

local event_methods = {}
local event_meta = { __index = event_methods }

-- Functions that make the tables of JSON texts, by the number of the text's shape: with nulls, and without.
local makers, makers_without = {}, {}

function event_methods.json(event, options)
  local data = type(event) == "table" and event.data
  if type(data) ~= "string" then native.misuse_colon("event", "json") end
  local with_nulls = options == nil or json_nulls(options)
  local shape, leaves, texts, code = json_shape(data)
  if shape < 0 then return json_decode(data, options) end
  if code then
    local maker = native.json_maker(code)
    makers[shape], makers_without[shape] = maker(json_null, text), maker(nil, text)
  end
  local make = with_nulls and makers[shape] or makers_without[shape]
  return make(cast(leaves_type, leaves), cast(text_type, texts))
end

function event_meta.__tostring(event)
  return ("event %s %q: %s"):format(event.name, event.id, event.data)
end

-- No branches here: in straight code the compiler drops the strings a handler does not look at.
local function event_of(record, texts)
  return setmetatable({
    id = text(texts + record.id, record.id_len),
    last_event_id = text(texts + record.last_id, record.last_id_len),
    name = text(texts + record.name, record.name_len),
    data = text(texts + record.data, record.data_len),
    comment = text(texts + record.comment, record.comment_len),
    time = record.time,
  }, event_meta)
end

-- Calls every handler; stops as soon as one of them has closed the client.
local function call_each(client, handlers, ...)
  for i = 1, #handlers do
    handlers[i](...)
    if client.closed then return end
  end
end

-- What is no event: a comment, the failure of an attempt that another one follows, or that the stream is open.
local function deliver_other(client, record, texts)
  local handlers = client.handlers
  if record.kind == COMMENT then
    call_each(client, handlers.comment, text(texts + record.data, record.data_len))
  elseif record.kind == FAILURE then
    call_each(client, handlers.error, (native.failure(client.stream)))
  else
    call_each(client, handlers.open, (native.head(client.stream)))
  end
end

-- Hands n records to the handlers, until the client is closed. Rust reads from `counter` how many were handed out, also
-- when a handler raises or is cut off.
local function deliver(client, n, records, texts, counter)
  local handlers = client.handlers.event
  local only = #handlers == 1 and handlers[1]
  for i = 0, n - 1 do
    local record = records[i]
    counter[0] = i + 1
    if record.kind ~= EVENT then
      deliver_other(client, record, texts)
    elseif only then
      only(event_of(record, texts))
    else
      call_each(client, handlers, event_of(record, texts))
    end
    if client.closed then return end
  end
end

-- Batches of few events in a row, and how many of them make a stream that drips.
local drips, LASTING, MANY = 0, 32, 16

-- Told of each batch of n events. While a stream drips, garbage is collected early: thousands of VUs that wait would else
-- come to hold as much garbage as data each. While it pours, LuaJIT's own pause of 200 holds: collecting early would cost
-- a handler that keeps its events a third more time.
local function pace(n)
  if n < MANY then
    drips = drips + 1
    if drips == LASTING then
      collectgarbage("setpause", 120)
      collectgarbage("step")
    end
  else
    if drips >= LASTING then collectgarbage("setpause", 200) end
    drips = 0
  end
end

-- Waits for more; before that, `collect` asks to drop what a large event has left.
local function wait_for_news(stream, collect, deadline)
  if collect then collectgarbage() end
  begin_wait(stream, deadline)
  return wait()
end

local function run(client, stream, counter)
  while not client.closed do
    local n, records, texts = take(stream)
    if n > 0 then
      pace(n)
      deliver(client, n, cast(records_type, records), cast(text_type, texts), counter)
    elseif n == 0 then
      wait_for_news(stream, records)
    else
      return
    end
  end
end

local client_methods = {}
local client_meta = { __index = client_methods }

function client_methods.on(client, name, handler)
  local handlers = getmetatable(client) == client_meta and client.handlers[name]
  if not handlers or type(handler) ~= "function" then native.misuse_on(client, name, handler) end
  -- What nobody asked for before the request is not kept, so it cannot be handed out later.
  if client.unasked and client.unasked[name] then native.misuse_late(name) end
  handlers[#handlers + 1] = handler
  return client
end

function client_methods.close(client)
  if getmetatable(client) ~= client_meta then native.misuse_colon("client", "close") end
  client.closed = true
  -- It may be another task that closes while sse.open waits.
  if client.stream then native.close(client.stream) end
end

local function new_client()
  local handlers = { open = {}, event = {}, comment = {}, error = {}, close = {} }
  return setmetatable({ handlers = handlers, closed = false }, client_meta)
end

local sse = {}

function sse.open(url, params, setup)
  if setup == nil and type(params) == "function" then params, setup = nil, params end
  can_wait("sse.open")
  local request = native.request("sse.open", url, params)
  if type(setup) ~= "function" then native.misuse_setup(setup) end
  local client = new_client()
  local handlers = client.handlers
  setup(client)
  if client.closed then return native.unsent(request) end
  local events, comments = #handlers.event > 0, #handlers.comment > 0
  client.unasked = { event = not events and not comments, comment = not comments }
  local stream, counter = native.start(request, #handlers.open > 0, events, comments, #handlers.error > 0)
  client.stream = stream
  local ok, failure = guarded(run, client, stream, cast(counter_type, counter))
  pace(MANY)
  native.close(stream)
  if not ok then error(failure, 0) end
  local response = native.response(stream)
  if response.error and not client.closed then call_each(client, handlers.error, response.error) end
  for i = 1, #handlers.close do handlers.close[i](response) end
  return response
end

-- What a pulled stream consists of, out of reach of scripts: its pointers are nothing to play with.
local parts = setmetatable({}, { __mode = "k" })

local stream_methods = {}
local stream_meta = { __index = stream_methods }

local function parts_of(stream, method)
  return parts[stream] or native.misuse_stream(method, stream)
end

-- Fetches the next batch; false with an error, if any, when there is none.
local function refill(stream, own, timeout)
  own.i, own.n = 0, 0
  local deadline = timeout ~= nil and native.deadline(timeout) or nil
  while true do
    local n, records, texts = take(own.native)
    if n > 0 then
      pace(n)
      own.n, own.records, own.texts = n, cast(records_type, records), cast(text_type, texts)
      return true
    elseif n < 0 then
      pace(MANY)
      stream.response = native.response(own.native)
      return false, stream.response.error
    end
    can_wait("stream:next")
    own.busy = true
    local timed_out = wait_for_news(own.native, records, deadline)
    own.busy = false
    if own.i < own.n then return true end
    if timed_out then return false, native.timed_out(timeout) end
  end
end

-- The next record that is no failure of an attempt, which is kept in the stream.
local function next_record(stream, own, timeout)
  while true do
    if own.i == own.n then
      -- A batch is lent to one reader at a time.
      if own.busy and not native.ended(own.native) then native.misuse_busy() end
      local ok, failure = refill(stream, own, timeout)
      if not ok then return nil, failure end
    end
    local record = own.records[own.i]
    own.i = own.i + 1
    own.counter[0] = own.i
    if record.kind ~= FAILURE then return record end
    stream.last_error = native.failure(own.native)
  end
end

function sse.connect(url, params)
  can_wait("sse.connect")
  local stream, counter = native.start(native.request("sse.connect", url, params), true, true, false, true)
  local object = setmetatable({}, stream_meta)
  local own = { native = stream, counter = cast(counter_type, counter), i = 0, n = 0 }
  -- Its first event comes after the record that says that it is open.
  local record, failure = next_record(object, own)
  if not record then return nil, failure, object.response end
  local head = native.head(stream)
  object.status, object.headers = head.status, head.headers
  parts[object] = own
  return object
end

function stream_methods.next(stream, timeout)
  local own = parts_of(stream, "next")
  if stream.response then return nil, stream.response.error end
  local record, failure = next_record(stream, own, timeout)
  if not record then return nil, failure end
  return event_of(record, own.texts)
end

function stream_methods.events(stream)
  parts_of(stream, "events")
  return function()
    return (stream_methods.next(stream))
  end
end

function stream_methods.close(stream)
  local own = parts_of(stream, "close")
  if not stream.response then
    own.i, own.n = 0, 0
    native.close(own.native)
    stream.response = native.response(own.native)
  end
  return stream.response
end

return sse
