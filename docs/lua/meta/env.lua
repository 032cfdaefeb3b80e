---@meta ssel.env

---Variables of the scenario, of `-e NAME=value`, and of the process; nil when absent.
---@class env
---@field [string] string?
env = {}

return env
