-- What `delay` returns is read as a number of milliseconds.
local given = { "10", -5, 0, 3 }
local n = 0

function delay()
  n = n + 1
  return given[n]
end

local m = 0
function response(status)
  m = m + 1
  if m == 6 then wrk.thread:stop() end
end

function done(summary) print(summary.requests, summary.errors.read) end
