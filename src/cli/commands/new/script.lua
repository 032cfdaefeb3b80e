-- A load test for event streams.
--
--   ssel run SCRIPT                                          as it stands
--   ssel run SCRIPT -u 50 -d 1m                              with 50 virtual users, for a minute
--   ssel run SCRIPT -e SSE_URL=https://example.com/events    against a server of yours

options = {
  vus = 2, -- virtual users, each with connections of its own
  duration = "3s",
  thresholds = { -- what has to hold for the run to pass
    sse_first_event = "p(95)<500ms",
    http_req_failed = "rate<1%", -- the summary says what failed and why
    checks = "rate>99%",
  },
}

-- Without a URL of yours, a server that is built into ssel answers.
local url = env.SSE_URL or target.url("/.sse?n=10&interval=50ms")

local params = {
  headers = { Accept = "text/event-stream" },
  timeout = "10s", -- of the whole stream
}

-- One iteration of one virtual user; each repeats it until the duration is over.
function default()
  local response = sse.open(url, params, function(client)
    client:on("event", function(event)
      -- An event has id, name, data, and time: seconds from the request until its bytes came.
      if event.data == "[DONE]" then client:close() end
    end)
  end)

  check(response, {
    ["status is 200"] = response.status == 200,
    ["ended well"] = response.error == nil,
    ["had events"] = response.events > 0,
  })
end
