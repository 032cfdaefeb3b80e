-- The errors of `json.null` when a script uses it as nil. It is the only light userdata that scripts see, so its metatable is
-- that of the type.

local error, tostring = error, tostring

local WHY = ": it is JSON's null, which counts as true in Lua; compare with json.null, or skip nulls with "
  .. "json.decode(text, { nulls = false }) or event:json { nulls = false }"

local function refuse(what)
  return function() error("json.null " .. what .. WHY, 2) end
end

local function index(_, key) error(("json.null has no field '%s'"):format(tostring(key)) .. WHY, 2) end

local compute, order = refuse("is not a number"), refuse("has no order")

return {
  __index = index, __newindex = index, __call = refuse("is not a function"), __len = refuse("has no length"),
  __concat = refuse("is not text"), __lt = order, __le = order,
  __add = compute, __sub = compute, __mul = compute, __div = compute, __mod = compute, __pow = compute, __unm = compute,
  __tostring = function() return "null" end,
}
