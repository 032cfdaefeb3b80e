-- The first answer has a token, which all further requests send.
local token
local path = "/echo?step=login"

function request()
  if token then wrk.headers["Authorization"] = "Bearer " .. token end
  return wrk.format("GET", path)
end

local n = 0

function response(status, headers, body)
  n = n + 1
  if not token and status == 200 then
    token = body:match('"step"%s*:%s*"(%a+)"') or body:match("step=(%a+)")
    path = "/echo?step=work"
  end
  if n == 3 then
    print(status, token, wrk.headers["Authorization"])
    wrk.thread:stop()
  end
end
