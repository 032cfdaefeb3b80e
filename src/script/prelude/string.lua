-- What the methods of strings are looked up in, until one is; then it is Lua's `string`.

local load = ...
local _G, rawget, rawset, setmetatable = _G, rawget, rawset, setmetatable

return setmetatable({}, {
  __index = function(methods, name)
    -- A script may have a global of that name for something else.
    local own = rawget(_G, "string")
    rawset(_G, "string", nil)
    load(_G, "string")
    if own ~= nil then rawset(_G, "string", own) end
    return rawget(methods, name)
  end,
})
