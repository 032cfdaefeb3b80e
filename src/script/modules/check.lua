-- `check(value, { name = fn or bool, … } [, tags]) -> bool`. The functions may wait, so the loop is Lua.

local native, base = ...

local next, pcall, type = next, pcall, type
local record, sorted_names, raised = native.record, native.sorted_names, native.raised

local function holds(name, test, value)
  if type(test) ~= "function" then return test end
  local ok, result = pcall(test, value)
  if not ok then
    raised(name, result)
    return false
  end
  return result
end

return function(value, checks, tags)
  if type(checks) ~= "table" then
    base.wrong_type("check", "argument 2", "a table of named checks, as in " ..
      'check(value, { ["status is 200"] = function(r) return r.status == 200 end })', checks)
  end
  local name, test = next(checks)
  if type(name) == "string" and next(checks, name) == nil then
    local ok = not not holds(name, test, value)
    record(name, ok, tags)
    return ok
  end
  -- A Lua table is unordered; sorted by name, every VU and every run reports the same order.
  local names = sorted_names(checks)
  local all = true
  for i = 1, #names do
    name = names[i]
    local ok = not not holds(name, checks[name], value)
    record(name, ok, tags)
    all = all and ok
  end
  return all
end
