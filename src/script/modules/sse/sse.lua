-- `sse.open` and `sse.connect`. Lua pulls: a loop takes batches of decoded events that Rust has read, stamped and
-- laid out, and waits only when there are none. The loop, a handler and the event's table compile into one trace,
-- so an event that a handler only looks at is never even allocated.

local native, base, ffi = ...

local collectgarbage, error, type = collectgarbage, error, type
local getmetatable, setmetatable = getmetatable, setmetatable
local can_wait, wait, guarded = base.can_wait, base.wait, base.guarded
local take, delivered, begin_wait = native.take, native.delivered, native.begin_wait
local json_decode, json_shape, json_null = native.json_decode, native.json_shape, native.json_null
local json_nulls = native.json_nulls

-- The layout of batch.rs; the texts lie in one block, offsets count from its start.
ffi.cdef [[
typedef struct {
  double time;
  uint32_t data, data_len, id, id_len, last_id, last_id_len, name, name_len, comment, comment_len;
  uint32_t is_comment;
} ssel_record;
typedef struct { double number; uint32_t offset, length; } ssel_leaf;
]]
local records_type, text_type = ffi.typeof("const ssel_record *"), ffi.typeof("const char *")
local leaves_type = ffi.typeof("const ssel_leaf *")
local cast, text = ffi.cast, ffi.string

local event_methods = {}
local event_meta = { __index = event_methods }

-- Functions that make the tables of JSON texts, by the number of the text's shape: with nulls, and without.
local makers, makers_without = {}, {}

function event_methods.json(event, options)
  local data = event.data
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

-- Hands n records to the handlers; returns how many were handed out before the client was closed. `client.handed`
-- tells as much when a handler raises.
local function deliver(client, n, records, texts)
  local handlers, comment_handlers = client.handlers.event, client.handlers.comment
  local only = #handlers == 1 and handlers[1]
  for i = 0, n - 1 do
    local record = records[i]
    client.handed = i + 1
    if record.is_comment ~= 0 then
      call_each(client, comment_handlers, text(texts + record.data, record.data_len))
    elseif only then
      only(event_of(record, texts))
    else
      call_each(client, handlers, event_of(record, texts))
    end
    if client.closed then return i + 1 end
  end
  return n
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

-- Waits for the headers: the response so far, or false if the stream failed before it was open. When `handlers` is
-- empty, nobody will look at the response, and it is not made.
local function wait_for_head(stream, handlers)
  while true do
    local head = native.head(stream, not handlers or #handlers > 0)
    if head ~= nil then return head end
    begin_wait(stream)
    wait()
  end
end

local function wait_for_end(stream)
  while not native.ended(stream) do
    begin_wait(stream)
    wait()
  end
end

local function run(client, stream)
  local head = wait_for_head(stream, client.handlers.open)
  if head then call_each(client, client.handlers.open, head) end
  while not client.closed do
    local n, records, texts = take(stream)
    if n > 0 then
      pace(n)
      delivered(stream, deliver(client, n, cast(records_type, records), cast(text_type, texts)))
    elseif n == 0 then
      begin_wait(stream)
      wait()
    else
      break
    end
  end
  native.close(stream)
  wait_for_end(stream)
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
  client.closed = true
  -- It may be another task that closes while sse.open waits.
  if client.stream then native.close(client.stream) end
end

local function new_client()
  local handlers = { open = {}, event = {}, comment = {}, error = {}, close = {} }
  return setmetatable({ handlers = handlers, closed = false, handed = 0 }, client_meta)
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
  local stream = native.start(request, events, comments)
  client.stream = stream
  local ok, failure = guarded(run, client, stream)
  pace(MANY)
  if not ok then
    delivered(stream, client.handed)
    native.close(stream)
    error(failure, 0)
  end
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

function sse.connect(url, params)
  can_wait("sse.connect")
  local stream = native.start(native.request("sse.connect", url, params), true, false)
  local head = wait_for_head(stream)
  if not head then
    wait_for_end(stream)
    local response = native.response(stream)
    return nil, response.error, response
  end
  local object = setmetatable({ status = head.status, headers = head.headers }, stream_meta)
  parts[object] = { native = stream, i = 0, n = 0 }
  return object
end

-- Fetches the next batch; false with an error, if any, when there is none.
local function refill(stream, own, timeout)
  if own.n > 0 then delivered(own.native, own.n) end
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
    begin_wait(own.native, deadline)
    own.busy = true
    local timed_out = wait()
    own.busy = false
    if own.i < own.n then return true end
    if timed_out then return false, native.timed_out(timeout) end
  end
end

function stream_methods.next(stream, timeout)
  local own = parts_of(stream, "next")
  if stream.response then return nil, stream.response.error end
  if own.i == own.n then
    -- A batch is lent to one reader at a time.
    if own.busy and not native.ended(own.native) then native.misuse_busy() end
    local ok, failure = refill(stream, own, timeout)
    if not ok then return nil, failure end
  end
  local record = own.records[own.i]
  own.i = own.i + 1
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
    can_wait("stream:close")
    delivered(own.native, own.i)
    own.i, own.n = 0, 0
    native.close(own.native)
    wait_for_end(own.native)
    stream.response = native.response(own.native)
  end
  return stream.response
end

return sse
