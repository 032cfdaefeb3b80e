---@meta ssel.json

---JSON.
---@class json
---@field null lightuserdata represents null; differs from nil and is truthy
json = {}

---@param value any
---@return string
function json.encode(value) end

---Options for decoding.
---@class (exact) json.options
---@field nulls? boolean false: skip nulls; default true: decode them as json.null

---Decodes JSON; an invalid text raises an error with line and column.
---@param text string
---@param options? json.options
---@return any
function json.decode(text, options) end

---Marks a table, or a new one, as an array, so that it is encoded as `[]` even if it is empty.
---@param table? table
---@return table
function json.array(table) end

return json
