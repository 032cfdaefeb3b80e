---@meta ssel.data

---Arrays that are loaded once per process and shared by all VUs; created in the init stage.
---@class data
data = {}

---Calls `fn` once per process and keeps the array it returns under `name`.
---@param name string
---@param fn fun(): table
---@return data.array
function data.shared(name, fn) end

---A file that holds one JSON array.
---@param path string relative to the script
---@return data.array
function data.json(path) end

---A file with one JSON value per line.
---@param path string relative to the script
---@return data.array
function data.jsonl(path) end

---A file of comma-separated values with names in the first line; an element is a table from name to string.
---@param path string relative to the script
---@return data.array
function data.csv(path) end

---A read-only array, for `#array`, `array[i]` and `ipairs(array)`.
---@class data.array
---@field [integer] any created anew at each access
---@operator len: integer

return data
