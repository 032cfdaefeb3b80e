-- The functions of wrk itself, put in the place of.
local resolve, setup_of_wrk, init_of_wrk = wrk.resolve, wrk.setup, wrk.init

wrk.resolve = function(host, service)
  print("resolve", host == wrk.host, service == (wrk.port or wrk.scheme))
  resolve(host, service)
end

wrk.setup = function(thread)
  print("setup", #wrk.addrs > 0)
  setup_of_wrk(thread)
end

wrk.init = function(args)
  wrk.path = "/echo?from=" .. (args[1] or "nobody")
  init_of_wrk(args)
  print("init", wrk.request():match("^GET (%S+)"))
end

local n = 0
response = function(status, headers, body)
  n = n + 1
  if n == 2 then wrk.thread:stop() end
end
