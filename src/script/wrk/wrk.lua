-- The functions of the table `wrk` that are written in Lua. A script may call and replace each of them.

local wrk = ...

local concat, pairs, tostring, type, error, pcall = table.concat, pairs, tostring, type, error, pcall
local lower, find, remove = string.lower, string.find, table.remove

-- Lower-case names of headers, computed once.
local lowered = setmetatable({}, {
  __index = function(t, name)
    if type(name) ~= "string" and type(name) ~= "number" then
      error("wrk.format: the name of a header must be a string, got " .. tostring(name), 3)
    end
    local low = lower(name)
    t[name] = low
    return low
  end,
})

-- Reused by each call.
local parts = {}

-- The value of `Host` in the headers of the script, in any case.
local function own_host()
  local headers = wrk.headers
  if type(headers) ~= "table" then return nil end
  if headers.Host then return headers.Host end
  for name, value in pairs(headers) do
    if lowered[name] == "host" then return value end
  end
end

local function host()
  local own = own_host()
  if own then return own end
  local name, port = wrk.host, wrk.port
  if type(name) ~= "string" then error("wrk.format: wrk.host: expected a string, got " .. tostring(name), 3) end
  if port and type(port) ~= "number" and type(port) ~= "string" then
    error("wrk.format: wrk.port: expected a number, got " .. tostring(port), 3)
  end
  if find(name, ":", 1, true) then name = "[" .. name .. "]" end
  return port and name .. ":" .. port or name
end

local function wrong(given, argument, field, expected, got)
  local place = given and argument or field
  error("wrk.format: " .. place .. ": expected " .. expected .. ", got " .. tostring(got), 3)
end

-- The bytes of one request. Missing arguments are taken from the table `wrk`.
function wrk.format(method, path, headers, body)
  local m, p, h, b = method or wrk.method, path or wrk.path, headers or wrk.headers, body or wrk.body
  if type(m) ~= "string" then wrong(method, "argument 1 (method)", "wrk.method", "a string", m) end
  if type(p) ~= "string" and type(p) ~= "number" then
    wrong(path, "argument 2 (path)", "wrk.path", "a string", p)
  end
  if type(h) ~= "table" then wrong(headers, "argument 3 (headers)", "wrk.headers", "a table", h) end
  if b and type(b) ~= "string" then
    if type(b) ~= "number" then wrong(body, "argument 4 (body)", "wrk.body", "a string", b) end
    b = tostring(b)
  end
  parts[1], parts[2], parts[3], parts[4] = m, " ", p, " HTTP/1.1\r\n"
  local n, has_host = 4, false
  for name, value in pairs(h) do
    local low = lowered[name]
    has_host = has_host or low == "host"
    -- The length follows from the body.
    if low ~= "content-length" then
      parts[n + 1], parts[n + 2], parts[n + 3], parts[n + 4] = name, ": ", tostring(value), "\r\n"
      n = n + 4
    end
  end
  if not has_host then
    parts[n + 1], parts[n + 2], parts[n + 3] = "Host: ", host(), "\r\n"
    n = n + 3
  end
  if b then
    parts[n + 1], parts[n + 2], parts[n + 3], parts[n + 4] = "Content-Length: ", #b, "\r\n\r\n", b
    n = n + 4
  else
    parts[n + 1] = "\r\n"
    n = n + 1
  end
  return concat(parts, "", 1, n)
end

-- Stores those addresses of a host that accept connections in `wrk.addrs`.
function wrk.resolve(name, service)
  local addresses = wrk.lookup(name, service)
  for i = #addresses, 1, -1 do
    if not wrk.connect(addresses[i]) then remove(addresses, i) end
  end
  wrk.addrs = addresses
end

-- Called with each thread before the load.
function wrk.setup(thread)
  thread.addr = wrk.addrs[1]
  if type(setup) == "function" then setup(thread) end
end

-- Scripts of old versions of wrk call `wrk.init` in their `init`.
local inside = false

-- Called in each thread before the load.
function wrk.init(args)
  if type(wrk.headers) == "table" and not own_host() then wrk.headers.Host = host() end
  if type(init) == "function" and not inside then
    inside = true
    init(args)
    inside = false
  end
  local made, bytes = pcall(wrk.format)
  -- The request that is sent if the script has no function `request`.
  function wrk.request()
    if not made then error(bytes, 0) end
    return bytes
  end
end

local metatable_of = getmetatable

-- The methods of threads and addresses, as metatables of wrk have them.
local accessors = {
  __index = function(object, name) return object[name] end,
  __newindex = function(object, name, value) object[name] = value end,
  __tostring = tostring,
}

function getmetatable(value)
  if type(value) == "userdata" then return accessors end
  return metatable_of(value)
end
