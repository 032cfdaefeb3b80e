-- Each thread counts for itself; the counts are told together at the end.
local counter = 1
local threads = {}

function setup(thread)
   thread:set("id", counter)
   table.insert(threads, thread)
   counter = counter + 1
end

function init(args)
   requests  = 0
   responses = 0
   print(string.format("thread %d of %s created", id, args[0]:match("^%a+")))
end

function request()
   requests = requests + 1
   return wrk.request()
end

function response(status, headers, body)
   responses = responses + 1
   if responses == 20 then wrk.thread:stop() end
end

function done(summary, latency, requests)
   local total = 0
   for index, thread in ipairs(threads) do
      local id        = thread:get("id")
      local responses = thread:get("responses")
      local ahead     = thread:get("requests") - responses
      total = total + responses
      print(("thread %d got %d responses, ahead %s"):format(id, responses, tostring(ahead <= 1)))
   end
   print(total == summary.requests)
end
