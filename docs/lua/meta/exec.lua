---@meta ssel.exec

---Where this code runs, how far the run is, and how to end it.
---@class exec
---@field scenario exec.scenario
---@field vu exec.vu
---@field instance exec.instance
---@field test exec.test
exec = {}

---In VUs only.
---@class exec.scenario
---@field name string "default" when the options name none
---@field executor string e.g. "constant-vus"
---@field start_time number seconds since 1970
---@field progress number from 0 to 1
---@field start_in_test? integer number of the planned start of this iteration, from 0; nil if starts are not planned
---@field iteration_in_instance integer number among the iterations of the scenario in this process, from 0
---@field iteration_in_test integer number among all iterations of the scenario, from 0, in all parts of the run

---@class exec.vu
---@field id_in_instance integer number of the VU in this process, from 1; 0 in the state that runs setup and teardown
---@field id_in_test integer number of the VU in all parts of the run, from 1; 0 in that state
---@field iteration_in_instance integer number among the iterations of this VU, from 0
---@field iteration_in_scenario integer the same, since a VU belongs to one scenario
---@field schedule_delay? number seconds from the planned start of this iteration to its start, at arrival rates
---@field tags table<string, string|number> tags of every sample of this VU; can be changed

---@class exec.instance
---@field current_test_run_duration number seconds since the start of the run
---@field iterations_completed integer
---@field iterations_interrupted integer
---@field part integer the part of the load that this process generates, from 0
---@field parts integer number of parts; 1 if the process generates the whole load
---@field vus_active integer
---@field vus_initialized integer

---@class exec.test
---@field options table the options as resolved; not in the script's first init stage
exec.test = {}

---Ends the run with exit code 108. Raises an error, which ends this iteration.
---@param message? string
function exec.test.abort(message) end

---Marks the run as failed, with exit code 110, and continues.
---@param message? string
function exec.test.fail(message) end

return exec
