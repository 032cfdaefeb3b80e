-- Fails a build when there were errors.
request = function() return wrk.format(nil, "/status/500") end

local n = 0
response = function() n = n + 1 if n == 2 then wrk.thread:stop() end end

done = function(summary)
  if summary.errors.status > 0 then
    io.write("too many errors\n")
    os.exit(7)
  end
end
