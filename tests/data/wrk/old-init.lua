-- Scripts from before version 4 of wrk call `wrk.init` themselves.
init = function(args)
   wrk.init(args)
   local r = {}
   for i = 1, 3 do r[i] = wrk.format(nil, "/echo?n=" .. i) end
   req = table.concat(r)
   print(wrk.headers["Host"] ~= nil, args[0] ~= nil, #args)
end

request = function()
   return req
end

local n = 0
response = function() n = n + 1 if n == 3 then wrk.thread:stop() end end
