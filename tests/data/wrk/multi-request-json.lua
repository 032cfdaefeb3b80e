-- Requests from a JSON file, in random order.
local cjson = require "cjson"
local cjson2 = cjson.new()
local cjson_safe = require "cjson.safe"

math.randomseed(os.time())
math.random(); math.random(); math.random()

function shuffle(paths)
  local j, k
  local n = #paths
  for i = 1, n do
    j, k = math.random(n), math.random(n)
    paths[j], paths[k] = paths[k], paths[j]
  end
  return paths
end

function load_request_objects_from_file(file)
  local data = {}
  local content
  local f = io.open(file, "r")
  if f ~= nil then
    content = f:read("*all")
    io.close(f)
  else
    io.write("no file " .. file .. "\n")
    os.exit(3)
  end
  data = cjson.decode(content)
  return shuffle(data)
end

requests = load_request_objects_from_file(os.getenv("REQUESTS") or "requests.json")

if #requests <= 0 then
  print("no requests")
  os.exit(4)
end

print("objects", #requests, cjson_safe.decode("{") == nil, cjson2 ~= nil)

counter = 1

request = function()
  local request_object = requests[counter]
  counter = counter + 1
  if counter > #requests then
    counter = 1
  end
  return wrk.format(request_object.method, request_object.path, request_object.headers, request_object.body)
end

local n = 0
function response() n = n + 1 if n == 6 then wrk.thread:stop() end end
