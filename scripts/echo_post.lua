-- Posts JSON, reads the event stream of the response, and closes it at the event with id 2.
--
--   ssel run scripts/echo_post.lua
--   ssel run scripts/echo_post.lua -e SSE_URL=https://echo.websocket.org/.sse
--
-- Without SSE_URL, it uses the server that is built into ssel.

local url = env.SSE_URL or target.url("/.sse?interval=200ms")

local params = {
  method = "POST",
  headers = {
    ["Authorization"] = "Bearer XXXX",
    ["X-Request-Source"] = "ssel",
  },
  -- A table is sent as JSON, with its content type; a string is sent as it is.
  body = {
    topic = "greetings",
    limit = 10,
    filters = { "hello", "sse" },
  },
  tags = { my_tag = "hello post" },
}

function default()
  local response = sse.open(url, params, function(client)
    client:on("event", function(event)
      print(("event id=%s, name=%s, data=%s"):format(event.id, event.name, event.data))
      if tonumber(event.id) == 2 then client:close() end
    end)

    client:on("error", function(err) print("An unexpected error occurred: " .. tostring(err)) end)
  end)

  check(response, { ["status is 200"] = function(r) return r.status == 200 end })
end
