-- The table of string methods. The first lookup turns it into Lua's `string`.

local load = ...
local _G, rawget, rawset, setmetatable = _G, rawget, rawset, setmetatable

return setmetatable({}, {
  __index = function(methods, name)
    -- The script may have another global of that name.
    local own = rawget(_G, "string")
    rawset(_G, "string", nil)
    load(_G, "string")
    if own ~= nil then rawset(_G, "string", own) end
    return rawget(methods, name)
  end,
})
