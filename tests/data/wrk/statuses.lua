-- How often each status came, over all threads.
local threads = {}

function setup(thread) table.insert(threads, thread) end

function init() statuses = {} number = 0 end

local codes = { "/status/200", "/status/404", "/status/503" }

function request()
  number = number + 1
  return wrk.format(nil, codes[(number - 1) % 3 + 1])
end

local n = 0
function response(status)
  local key = tostring(status)
  statuses[key] = (statuses[key] or 0) + 1
  n = n + 1
  if n == 9 then wrk.thread:stop() end
end

function done(summary)
  local all = {}
  for _, thread in ipairs(threads) do
    for code, count in pairs(thread:get("statuses")) do all[code] = (all[code] or 0) + count end
  end
  local codes = {}
  for code in pairs(all) do codes[#codes + 1] = code end
  table.sort(codes)
  for _, code in ipairs(codes) do print(code, all[code]) end
  print(summary.errors.status)
end
