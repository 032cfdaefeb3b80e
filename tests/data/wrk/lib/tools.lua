local M = {}

function M.query(values)
  local names, parts = {}, {}
  for name in pairs(values) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do parts[i] = name .. "=" .. values[name] end
  return table.concat(parts, "&")
end

return M
