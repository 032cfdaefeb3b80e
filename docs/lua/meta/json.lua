---@meta ssel.json

---JSON.
---@class json
---@field null lightuserdata stands for null; not nil, and counts as true
json = {}

---@param value any
---@return string
function json.encode(value) end

---How JSON is read.
---@class (exact) json.options
---@field nulls? boolean false: null is left out, as if it were not there; default true, it becomes json.null

---Raises with line and column if the text is no JSON.
---@param text string
---@param options? json.options
---@return any
function json.decode(text, options) end

---Marks a table, or a new one, as an array, so that it is encoded as `[]` even when it is empty.
---@param table? table
---@return table
function json.array(table) end

return json
