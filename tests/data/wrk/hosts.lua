-- One server, several virtual hosts.
local hosts = { "one.example", "two.example:8080" }
local n = 0

request = function()
  n = n + 1
  wrk.headers["Host"] = hosts[(n - 1) % #hosts + 1]
  return wrk.format("GET", "/echo", nil, nil)
end

response = function(status, headers, body)
  if n <= #hosts then print(body:match('"host"%s*:%s*"([^"]*)"')) end
  if n >= #hosts then wrk.thread:stop() end
end
