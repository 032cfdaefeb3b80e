---@meta ssel.metrics

---Custom metrics; created in the init stage.
---@class metrics
metrics = {}

---Creates a counter: a sum, and that sum per second.
---@param name string
---@param is_time? boolean samples are seconds; default false
---@return metrics.metric
function metrics.counter(name, is_time) end

---Creates a gauge: the last sample, minimum and maximum.
---@param name string
---@param is_time? boolean samples are seconds; default false
---@return metrics.metric
function metrics.gauge(name, is_time) end

---Creates a rate: the share of samples that are true or non-zero.
---@param name string
---@param is_time? boolean samples are seconds; default false
---@return metrics.metric
function metrics.rate(name, is_time) end

---Creates a trend: average, minimum, median, maximum, percentiles.
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
