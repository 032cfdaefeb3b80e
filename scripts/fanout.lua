-- Fan-out: many VUs each hold a slow event stream. How evenly do the events arrive?
--
--   ssel run scripts/fanout.lua
--   ssel run scripts/fanout.lua -e VUS=2000 -e HOLD=60 -e INTERVAL=0.5 -e MAX_GAP=20ms
--
-- SSE_URL   URL of the stream (the server that is built into ssel)
-- VUS       number of streams (200)
-- HOLD      seconds to hold each stream (10)
-- INTERVAL  seconds between two events of a stream (1)
-- MAX_GAP   limit for p(95) of delivery_gap, beyond which the run fails (none)
--
-- delivery_gap is how far the time between two arrivals is from the time between their sending: 0 when all events take
-- equally long. The built-in server writes into each event when it sent it; where that is missing, the interval counts.

local interval = tonumber(env.INTERVAL) or 1
local hold = tonumber(env.HOLD) or 10
local url = env.SSE_URL or target.url(("/.sse?stamp=1&interval=%g"):format(interval))

local delivery_gap = metrics.trend("delivery_gap", true)

options = {
  vus = tonumber(env.VUS) or 200, -- alone it means one iteration for each VU
  thresholds = { delivery_gap = env.MAX_GAP and "p(95)<" .. env.MAX_GAP },
}

function default()
  -- Streams that begin together tick together: spread them over one interval.
  sleep(math.random() * interval)

  local arrived, sent
  local response = sse.open(url, { max_duration = hold }, function(client)
    client:on("event", function(event)
      local stamp = tonumber(event.data:match("^%d+%.%d+"))
      if arrived then
        local apart = stamp and sent and stamp - sent or interval
        delivery_gap:add(math.abs(event.time - arrived - apart))
      end
      arrived, sent = event.time, stamp
    end)

  end)

  check(response, { ["held to its end"] = function(r) return r.error == nil and r.timings.duration >= hold end })
end
