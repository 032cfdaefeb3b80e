-- `wrk.format`: the bytes of one request. Whatever is not given is taken from the table `wrk`, as it stands then.

local wrk = ...

local concat, pairs, tostring, type, error = table.concat, pairs, tostring, type, error
local lower = string.lower

-- Lower-case names of headers, each made once.
local lowered = setmetatable({}, {
  __index = function(t, name)
    local low = lower(name)
    t[name] = low
    return low
  end,
})

-- Used again by each call.
local parts = {}

local function host()
  local name = wrk.headers.Host or wrk.host
  if wrk.headers.Host then return name end
  if name:find(":", 1, true) then name = "[" .. name .. "]" end
  return wrk.port and name .. ":" .. wrk.port or name
end

return function(method, path, headers, body)
  method, path, headers, body = method or wrk.method, path or wrk.path, headers or wrk.headers, body or wrk.body
  if type(headers) ~= "table" then error("wrk.format: argument 3 (headers): expected a table", 2) end
  if body and type(body) ~= "string" then error("wrk.format: argument 4 (body): expected a string", 2) end
  parts[1], parts[2], parts[3], parts[4] = method, " ", path, " HTTP/1.1\r\n"
  local n, has_host = 4, false
  for name, value in pairs(headers) do
    local low = lowered[name]
    has_host = has_host or low == "host"
    -- The length is that of the body.
    if low ~= "content-length" then
      parts[n + 1], parts[n + 2], parts[n + 3], parts[n + 4] = name, ": ", tostring(value), "\r\n"
      n = n + 4
    end
  end
  if not has_host then
    parts[n + 1], parts[n + 2], parts[n + 3] = "Host: ", host(), "\r\n"
    n = n + 3
  end
  if body then
    parts[n + 1], parts[n + 2], parts[n + 3], parts[n + 4] = "Content-Length: ", #body, "\r\n\r\n", body
    n = n + 4
  else
    parts[n + 1] = "\r\n"
    n = n + 1
  end
  return concat(parts, "", 1, n)
end
