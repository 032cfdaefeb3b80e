---@meta ssel.metrics

---Metrics of your own; made in the init stage.
---@class metrics
metrics = {}

---A sum, and that sum per second.
---@param name string
---@param is_time? boolean samples are seconds; default false
---@return metrics.metric
function metrics.counter(name, is_time) end

---The last sample, the smallest and the largest.
---@param name string
---@param is_time? boolean samples are seconds; default false
---@return metrics.metric
function metrics.gauge(name, is_time) end

---The share of samples that are true or not zero.
---@param name string
---@param is_time? boolean samples are seconds; default false
---@return metrics.metric
function metrics.rate(name, is_time) end

---Average, minimum, median, maximum, percentiles.
---@param name string
---@param is_time? boolean samples are seconds; default false
---@return metrics.metric
function metrics.trend(name, is_time) end

---@class metrics.metric
local metric = {}

---Adds a sample.
---@param value number|boolean a boolean for a rate only
---@param tags? ssel.tags
function metric:add(value, tags) end

return metrics
