-- A report for other programs, as JSON.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"name":"x"}'

local n = 0
function response(status) n = n + 1 if n == 10 then wrk.thread:stop() end end

done = function(summary, latency, requests)
   io.write("JSON Output:\n")
   io.write("{\n")
   io.write(string.format("\t\"requests\": %d,\n", summary.requests))
   io.write(string.format("\t\"duration_positive\": %s,\n", tostring(summary.duration / 1000000 > 0)))
   io.write(string.format("\t\"bytes_positive\": %s,\n", tostring(summary.bytes > 0)))
   io.write(string.format("\t\"requests_per_sec_positive\": %s,\n", tostring((summary.requests / summary.duration) * 1e6 > 0)))
   io.write("\t\"latency_distribution\": [\n")
   for _, p in pairs({ 50, 75, 90, 99, 99.9, 99.99, 99.999, 100 }) do
      io.write("\t\t{\n")
      local n = latency:percentile(p)
      io.write(string.format("\t\t\t\"percentile\": %g,\n\t\t\t\"in_range\": %s\n", p, tostring(n >= latency.min and n <= latency.max)))
      io.write(p == 100 and "\t\t}\n" or "\t\t},\n")
   end
   io.write("\t]\n}\n")
end
