-- Delivers floods: batches of many events. LuaJIT reads them through its FFI, so that the loop, the handler and the event's
-- table compile into one trace: an event that a handler only reads is never allocated.

local native, ffi, without_colon, event_meta, record_at, call_each, deliver_other = ...

local setmetatable, type = setmetatable, type
local json_decode, json_null, json_nulls = native.json_decode, native.json_null, native.json_nulls

-- The layouts of batch.rs and json/shapes. Offsets count from the start of the batch's text.
ffi.cdef [[
typedef struct {
  double time;
  uint32_t data, data_len, id, id_len, last_id, last_id_len, name, name_len, comment, comment_len;
  uint32_t kind;
} ssel_record;
typedef struct { double number; const char *text; size_t length; } ssel_leaf;
]]
local records_type, text_type = ffi.typeof("const ssel_record *"), ffi.typeof("const char *")
local counter_type = ffi.typeof("uint32_t *")
local EVENT = 0
local cast, text = ffi.cast, ffi.string
local json_shape = cast("int (*)(const char *, size_t)", native.json_shape)
local json_leaves = cast("const ssel_leaf *", native.json_leaves)

-- Functions that build the tables of JSON texts, by number of the text's shape: with nulls and without. A shape gets its
-- functions when it has occurred OFTEN times; `times` counts occurrences until then.
local constructors, constructors_without, times, OFTEN = {}, {}, {}, 8

local function decode_unmade(shape, data, options)
  if shape >= 0 then
    times[shape] = (times[shape] or 0) + 1
    if times[shape] == OFTEN then
      local constructor = native.json_constructor(shape)
      constructors[shape], constructors_without[shape] = constructor(json_null, text), constructor(nil, text)
    end
  end
  return json_decode(data, options)
end

function event_meta.__index.json(event, options)
  local data = type(event) == "table" and event.data
  if type(data) ~= "string" then without_colon("event", "json") end
  local with_nulls = options == nil or json_nulls(options)
  local shape = json_shape(data, #data)
  local make = constructors[shape]
  if not make then return decode_unmade(shape, data, options) end
  if not with_nulls then make = constructors_without[shape] end
  return make(json_leaves)
end

-- No branches here: in straight-line code the compiler omits the strings that a handler does not read.
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

-- As `deliver` of sse.lua, with `record_at` in Lua.
local function deliver(client, n, records, texts, counter)
  local handlers = client.handlers
  local only = #handlers.event == 1 and handlers.event[1]
  local records_at, texts_at, count = cast(records_type, records), cast(text_type, texts), cast(counter_type, counter)
  for i = 0, n - 1 do
    local record = records_at[i]
    count[0] = i + 1
    if record.kind ~= EVENT then
      deliver_other(client, record_at(records, texts, counter, i))
    elseif only then
      only(event_of(record, texts_at))
    else
      call_each(client, handlers.event, event_of(record, texts_at))
    end
    if client.closed then return end
  end
end

-- `record_at` for pulled streams, and its arguments.
local function event_at(at, _, _, i)
  local record = at.records[i]
  at.count[0] = i + 1
  if record.kind ~= EVENT then return record_at(at.light_records, at.light_texts, at.light_counter, i) end
  return event_of(record, at.texts)
end

local function reading(records, texts, counter)
  return event_at, {
    records = cast(records_type, records), texts = cast(text_type, texts), count = cast(counter_type, counter),
    light_records = records, light_texts = texts, light_counter = counter,
  }
end

return { deliver = deliver, reading = reading }
