-- A mixed workload in the style of benchmark suites for microservices: each request is of a kind that is drawn by weight.
local socket = require("socket")
local start = socket.gettime()
math.randomseed(start * 1000)
math.random(); math.random(); math.random()

local function search_hotel()
  local in_date = math.random(9, 23)
  local out_date = math.random(in_date + 1, 24)
  local in_text = in_date <= 9 and "2015-04-0" .. tostring(in_date) or "2015-04-" .. tostring(in_date)
  local lat = 38.0235 + (math.random(0, 481) - 240.5) / 1000.0
  local path = "/echo?kind=search&inDate=" .. in_text .. "&outDate=2015-04-" .. tostring(out_date) .. "&lat=" .. tostring(lat)
  return wrk.format("GET", path, {}, nil)
end

local function recommend()
  local coin = math.random()
  local by = coin < 0.33 and "dis" or coin < 0.66 and "rate" or "price"
  return wrk.format("GET", "/echo?kind=recommend&require=" .. by, {}, nil)
end

local function reserve()
  local id = tostring(math.random(0, 500))
  return wrk.format("POST", "/echo?kind=reserve&username=Cornell_" .. id .. "&password=" .. string.rep(id, 3), {}, nil)
end

local function user_login()
  return wrk.format("POST", "/echo?kind=user", { ["Content-Type"] = "application/x-www-form-urlencoded" }, "username=x&number=1")
end

request = function()
  local cur_time = math.floor(socket.gettime())
  assert(cur_time >= math.floor(start))
  local search_ratio, recommend_ratio, user_ratio = 0.6, 0.39, 0.005
  local coin = math.random()
  if coin < search_ratio then
    return search_hotel()
  elseif coin < search_ratio + recommend_ratio then
    return recommend()
  elseif coin < search_ratio + recommend_ratio + user_ratio then
    return user_login()
  else
    return reserve()
  end
end

function done(summary)
  io.write(string.format("errors %d, answered %s\n", summary.errors.status + summary.errors.read, tostring(summary.requests > 0)))
end
