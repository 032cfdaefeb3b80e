---@meta cjson

---The functions of `json` under the names of lua-cjson.
---@class cjson
---@field _NAME string
---@field null lightuserdata
---@field array_mt table metatable that marks an array
---@field empty_array_mt table the same
---@field empty_array table
local cjson = {}

---@return cjson instance with its own settings
function cjson.new() end

---@param value any
---@return string
function cjson.encode(value) end

---@param text string
---@return any
function cjson.decode(text) end

---@param on? boolean default true
---@return boolean on the current setting
function cjson.encode_empty_table_as_object(on) end

---@param on? boolean default false
---@return boolean on the current setting
function cjson.decode_array_with_array_mt(on) end

---@param convert? boolean default false
---@param ratio? integer default 2
---@param safe? integer default 10
---@return boolean convert
---@return integer ratio
---@return integer safe the current settings
function cjson.encode_sparse_array(convert, ratio, safe) end

return cjson
