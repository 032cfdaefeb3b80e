-- Modules beside the script, by a path with a slash, by `package.path`, and as those of Lua itself.
package.path = package.path .. ";./lib/?.lua;lib/?/init.lua"
local tools = require "lib/tools"
local same = require("tools")
local math, string, table = require "math", require "string", require "table"
print(tools.query { b = 2, a = 1 }, same.query { x = "y" }, type(package.loaded), math.floor(1.5), string.rep("x", 2))

local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", "/echo?" .. tools.query { n = n, m = "x" })
end
function response() if n >= 3 then wrk.thread:stop() end end
