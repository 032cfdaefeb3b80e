-- Times of one's own, and the distribution at the end.
local socket = require "socket"
local sent, slowest, n = 0, 0, 0

request = function()
  sent = socket.gettime()
  return wrk.request()
end

response = function(status)
  slowest = math.max(slowest, socket.gettime() - sent)
  n = n + 1
  if n == 10 then
    socket.sleep(0.001)
    print(slowest > 0, slowest < 60)
    wrk.thread:stop()
  end
end

done = function(summary, latency, requests)
  local count = 0
  for i = 1, #latency do
    local value, times = latency(i)
    assert(value >= latency.min and value <= latency.max)
    count = count + times
  end
  print(count, latency.mean >= latency.min, latency.stdev >= 0)
end
