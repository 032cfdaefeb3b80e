---@meta ssel.print

---Writes its arguments, separated by tabs, as one line to standard output.
---@param ... any
function print(...) end

return print
