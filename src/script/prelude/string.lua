-- What the methods of strings are looked up in, until one is; then it is Lua's `string`.

local load = ...
local _G, rawget, setmetatable = _G, rawget, setmetatable

return setmetatable({}, {
  __index = function(methods, name)
    load(_G, "string")
    return rawget(methods, name)
  end,
})
