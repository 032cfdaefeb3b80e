-- Opens an event stream, prints its events, and closes it at the event with id 4.
--
--   ssel run scripts/echo.lua
--   ssel run scripts/echo.lua -e SSE_URL=https://echo.websocket.org/.sse
--
-- Without SSE_URL, it uses the server that is built into ssel.

local url = env.SSE_URL or target.url("/.sse?interval=200ms")

local params = {
  method = "GET",
  headers = {
    ["Authorization"] = "Bearer XXXX",
  },
  tags = { my_tag = "hello sse" },
}

function default()
  local response = sse.open(url, params, function(client)
    client:on("open", function() print("connected") end)

    client:on("event", function(event)
      print(("event id=%s, name=%s, data=%s"):format(event.id, event.name, event.data))
      if tonumber(event.id) == 4 then client:close() end
    end)

    client:on("error", function(err) print("An unexpected error occurred: " .. tostring(err)) end)
  end)

  check(response, { ["status is 200"] = function(r) return r.status == 200 end })
end
