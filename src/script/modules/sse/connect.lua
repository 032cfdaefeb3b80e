-- `sse.connect`: streams from which a script pulls events.

local native, base, record_at, flood, tune, wait_for_news = ...

local setmetatable = setmetatable
local can_wait, take = base.can_wait, native.take
-- This many events without a pause between them are read as a flood.
local MANY = 16

-- The private fields of each stream. They contain pointers, which scripts must not reach.
local private = setmetatable({}, { __mode = "k" })

local stream_methods = {}
local stream_meta = { __index = stream_methods }

local function private_of(stream, method)
  return private[stream]
    or base.wrong_type("stream:" .. method, "the stream", "a stream made by sse.connect; call it with a colon", stream)
end

-- Fetches the next batch; false with an error, if any, when there is none.
local function refill(stream, own, timeout)
  own.i, own.n = 0, 0
  -- Events since the last pause.
  local burst = own.burst or 0
  local deadline = timeout ~= nil and native.deadline(timeout) or nil
  while true do
    local n, records, texts, rested = take(own.native)
    if n > 0 then
      if rested then burst = 0 end
      burst = burst + n
      tune(burst)
      own.burst = burst
      own.n, own.read, own.records, own.texts = n, record_at, records, texts
      if burst >= MANY then own.read, own.records = flood().reading(records, texts, own.counter) end
      return true
    elseif n < 0 then
      tune(MANY)
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

-- The next record other than the failure of an attempt, which becomes the stream's last_error.
local function next_record(stream, own, timeout)
  while true do
    if own.i == own.n then
      -- Only one reader may use a batch.
      if own.busy and not native.ended(own.native) then
        base.misuse("stream:next", "another task is waiting for the next event of this stream")
      end
      local ok, failure = refill(stream, own, timeout)
      if not ok then return nil, failure end
    end
    local what = own.read(own.records, own.texts, own.counter, own.i)
    own.i = own.i + 1
    if what ~= false then return what end
    stream.last_error = native.failure(own.native)
  end
end

function stream_methods.next(stream, timeout)
  local own = private_of(stream, "next")
  if stream.response then return nil, stream.response.error end
  return next_record(stream, own, timeout)
end

function stream_methods.events(stream)
  private_of(stream, "events")
  return function()
    return (stream_methods.next(stream))
  end
end

function stream_methods.close(stream)
  local own = private_of(stream, "close")
  if not stream.response then
    own.i, own.n = 0, 0
    native.close(own.native)
    stream.response = native.response(own.native)
  end
  return stream.response
end

return function(url, params)
  can_wait("sse.connect")
  local stream = native.request("sse.connect", url, params)
  local counter = native.start(stream, true, true, false, true)
  local object = setmetatable({}, stream_meta)
  local own = { native = stream, counter = counter, i = 0, n = 0 }
  -- The first record says that the stream is open.
  local opened, failure = next_record(object, own)
  if not opened then return nil, failure, object.response end
  local head = native.head(stream)
  object.status, object.headers = head.status, head.headers
  private[object] = own
  return object
end
