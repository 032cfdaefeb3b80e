-- Requests of one connection, sent at once; how many is an argument.
init = function(args)
  local r = {}
  local depth = tonumber(args[1]) or 1
  for i = 1, depth do
    r[i] = wrk.format()
  end
  req = table.concat(r)
end

request = function()
  return req
end

local n = 0
response = function(status)
  n = n + 1
  if n == 48 then wrk.thread:stop() end
end

done = function(summary)
  print(summary.requests >= 48, summary.requests % 16)
end
