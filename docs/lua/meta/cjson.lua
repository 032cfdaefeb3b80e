---@meta cjson

---The functions of `json` under the names of lua-cjson.
---@class cjson
---@field _NAME string
---@field null lightuserdata
---@field array_mt table metatable that marks an array
---@field empty_array_mt table the same
---@field empty_array table
local cjson = {}

---@return cjson another instance, with its own settings
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

---@param depth? integer default 1000
---@return integer depth the current setting
function cjson.encode_max_depth(depth) end

---@param depth? integer the same setting as `encode_max_depth`
---@return integer depth the current setting
function cjson.decode_max_depth(depth) end

---@param convert? boolean default false
---@param ratio? integer default 2
---@param safe? integer default 10
---@return boolean convert
---@return integer ratio
---@return integer safe the current settings
function cjson.encode_sparse_array(convert, ratio, safe) end

---@param digits? integer from 1 to 17, default 17
---@return integer digits the current setting
function cjson.encode_number_precision(digits) end

---@param to? boolean|"null" default false
---@return boolean|"null" to the current setting
function cjson.encode_invalid_numbers(to) end

return cjson
