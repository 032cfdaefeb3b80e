-- Paths from a file that lies beside the script, wherever it is started.
local here = debug.getinfo(1, "S").source:sub(2):match("^(.*)/") or "."
local line = debug.getinfo(1, "l").currentline
print(line, debug.getinfo(1).short_src:match("[^/]*$"), type(debug.getinfo(1, "f").func))

local function load(name)
  local lines = {}
  for text in io.lines(name) do
    if text ~= "" then lines[#lines + 1] = text end
  end
  return lines
end

paths = load(here .. "/paths.txt")
print("found " .. #paths .. " paths")

math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)") or "1", 16) % 1000)

local counter = 0

request = function()
  counter = counter + 1
  local path = paths[(counter - 1) % #paths + 1]
  return wrk.format(nil, path)
end

local n = 0
function response(status) n = n + 1 if n == 6 then wrk.thread:stop() end end
