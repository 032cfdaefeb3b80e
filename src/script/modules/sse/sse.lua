-- `sse.open` and `sse.connect`. Lua pulls: a loop takes batches of decoded events that Rust has read, stamped and
-- laid out, and waits only when there are none. The loop, a handler and the event's table compile into one trace,
-- so an event that a handler only looks at is never even allocated.

local native, base, ffi = ...

local error, setmetatable, type = error, setmetatable, type
local can_wait, wait, guarded = base.can_wait, base.wait, base.guarded
local take, delivered, begin_wait = native.take, native.delivered, native.begin_wait
local json_decode = native.json_decode

-- The layout of batch.rs; the texts lie in one block, offsets count from its start.
ffi.cdef [[
typedef struct {
  double time;
  uint32_t data, data_len, id, id_len, last_id, last_id_len, name, name_len, comment, comment_len;
  uint32_t is_comment;
} ssel_record;
]]
local records_type, text_type = ffi.typeof("const ssel_record *"), ffi.typeof("const char *")
local cast, text = ffi.cast, ffi.string

local event_methods = {}
local event_meta = { __index = event_methods }

function event_methods.json(event)
  return json_decode(event.data)
end

function event_meta.__tostring(event)
  return ("event %s %q: %s"):format(event.name, event.id, event.data)
end

local function part(texts, offset, length)
  if length == 0 then return "" end
  return text(texts + offset, length)
end

local function event_of(record, texts)
  return setmetatable({
    id = part(texts, record.id, record.id_len),
    last_event_id = part(texts, record.last_id, record.last_id_len),
    name = record.name_len == 0 and "message" or text(texts + record.name, record.name_len),
    data = part(texts, record.data, record.data_len),
    comment = part(texts, record.comment, record.comment_len),
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

-- Hands n records to the handlers; returns how many were handed out before the client was closed.
local function deliver(client, n, records, texts)
  local handlers, comment_handlers = client.handlers.event, client.handlers.comment
  local only = #handlers == 1 and handlers[1]
  for i = 0, n - 1 do
    local record = records[i]
    if record.is_comment ~= 0 then
      call_each(client, comment_handlers, part(texts, record.data, record.data_len))
    elseif only then
      only(event_of(record, texts))
    else
      call_each(client, handlers, event_of(record, texts))
    end
    if client.closed then return i + 1 end
  end
  return n
end

local function run(client, stream)
  local head = native.head(stream)
  while head == nil do
    begin_wait(stream)
    wait()
    head = native.head(stream)
  end
  if head then call_each(client, client.handlers.open, head) end
  while not client.closed do
    local n, records, texts = take(stream)
    if n > 0 then
      delivered(stream, deliver(client, n, cast(records_type, records), cast(text_type, texts)))
    elseif n == 0 then
      begin_wait(stream)
      wait()
    else
      break
    end
  end
  native.close(stream)
  while not native.ended(stream) do
    begin_wait(stream)
    wait()
  end
end

local client_methods = {}
local client_meta = { __index = client_methods }

function client_methods.on(client, name, handler)
  local handlers = client.handlers[name]
  if not handlers or type(handler) ~= "function" then native.misuse_on(name, handler) end
  handlers[#handlers + 1] = handler
  return client
end

function client_methods.close(client)
  client.closed = true
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
  local stream = native.start(request, #handlers.event > 0, #handlers.comment > 0)
  local ok, failure = guarded(run, client, stream)
  if not ok then
    native.close(stream)
    error(failure, 0)
  end
  local response = native.response(stream)
  if response.error and not client.closed then call_each(client, handlers.error, response.error) end
  for i = 1, #handlers.close do handlers.close[i](response) end
  return response
end

local stream_methods = {}
local stream_meta = { __index = stream_methods }

function sse.connect(url, params)
  can_wait("sse.connect")
  local stream = native.start(native.request("sse.connect", url, params), true, false)
  local head = native.head(stream)
  while head == nil do
    begin_wait(stream)
    wait()
    head = native.head(stream)
  end
  if not head then return nil, native.response(stream).error, native.response(stream) end
  return setmetatable({ native = stream, status = head.status, headers = head.headers, i = 0, n = 0 }, stream_meta)
end

-- Fetches the next batch into the stream; false with an error, if any, when there is none.
local function refill(stream, timeout)
  if stream.n > 0 then delivered(stream.native, stream.n) end
  stream.i, stream.n = 0, 0
  while true do
    local n, records, texts = take(stream.native)
    if n > 0 then
      stream.n, stream.records, stream.texts = n, cast(records_type, records), cast(text_type, texts)
      return true
    elseif n < 0 then
      stream.response = native.response(stream.native)
      return false, stream.response.error
    end
    can_wait("stream:next")
    begin_wait(stream.native, timeout)
    if wait() then return false, native.timed_out(timeout) end
  end
end

function stream_methods.next(stream, timeout)
  if stream.response then return nil, stream.response.error end
  if stream.i == stream.n then
    local ok, failure = refill(stream, timeout)
    if not ok then return nil, failure end
  end
  local record = stream.records[stream.i]
  stream.i = stream.i + 1
  return event_of(record, stream.texts)
end

function stream_methods.events(stream)
  return stream_methods.next, stream
end

function stream_methods.close(stream)
  if not stream.response then
    delivered(stream.native, stream.i)
    stream.i, stream.n = 0, 0
    native.close(stream.native)
    can_wait("stream:close")
    while not native.ended(stream.native) do
      begin_wait(stream.native)
      wait()
    end
    stream.response = native.response(stream.native)
  end
  return stream.response
end

return sse
