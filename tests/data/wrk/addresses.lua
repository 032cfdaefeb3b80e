-- Each thread goes to an address of its own.
local addrs = nil

function setup(thread)
   if not addrs then
      addrs = wrk.lookup(wrk.host, wrk.port or "http")
      for i = #addrs, 1, -1 do
         if not wrk.connect(addrs[i]) then
            table.remove(addrs, i)
         end
      end
      print(#addrs == #wrk.addrs, tostring(addrs[1]) == tostring(wrk.addrs[1]))
   end
   thread.addr = addrs[math.random(#addrs)]
end

function init(args)
   local msg = "thread addr: %s"
   print(msg:format(tostring(tostring(wrk.thread.addr) == "127.0.0.1:" .. wrk.port)))
   print(type(getmetatable(wrk.thread).__index), wrk.thread:get("nothing"))
end

local n = 0
function response(status) n = n + 1 if n == 5 then wrk.thread:stop() end end
