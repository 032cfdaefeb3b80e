---@meta ssel.options

-- The exports of a script: its options, and the functions that a run calls. Every option is declared here, so that editors
-- mark misspelt names.

---@class (exact) ssel.options
---@field vus? integer number of VUs; default 1
---@field duration? ssel.duration how long the VUs loop
---@field iterations? integer number of iterations that the VUs share
---@field stages? (string|ssel.stage)[] how the number of VUs changes over time
---@field scenarios? table<string, ssel.scenario> several loads, by name
---@field thresholds? table<string, ssel.thresholds> pass/fail criteria, by metric
---@field arrival? "uniform"|"poisson" how starts are spaced at arrival rates; default "uniform"
---@field graceful_stop? ssel.duration how long iterations may continue when their scenario ends; default 30 s
---@field seed? integer seed of everything random; default 0
---@field min_iteration_duration? ssel.duration minimum time between the starts of two iterations of a VU
---@field no_setup? boolean skip `setup`
---@field no_teardown? boolean skip `teardown`
---@field no_thresholds? boolean skip the evaluation of thresholds
---@field setup_timeout? ssel.duration default 60 s
---@field teardown_timeout? ssel.duration default 60 s
---@field tags? ssel.tags tags of every sample
---@field user_agent? string empty sends none
---@field max_redirects? integer redirects a request follows; default 10
---@field connect_timeout? ssel.duration limit for lookup, connection and TLS; default 30 s
---@field insecure_skip_tls_verify? boolean accept any certificate
---@field no_connection_reuse? boolean a new connection for each request
---@field no_vu_connection_reuse? boolean new connections for each iteration
---@field no_cookies_reset? boolean keep cookies across iterations
---@field http_version? "auto"|"1.1"|"2" default "auto"
---@field hosts? table<string, string> addresses that override DNS
---@field dns_ttl? ssel.duration how long a resolved address is used; default 5 m
---@field ca? string|string[] PEM files of certificates to trust
---@field tls_auth? ssel.tls_auth client certificate for servers that ask for one
---@field proxy? string proxy for all requests, `http://[user:password@]host[:port]`
---@field no_proxy? string|string[] hosts to connect to without a proxy
---@field summary_trend_stats? string[] figures of a trend, such as "avg" or "p(99)"
---@field summary_time_unit? "s"|"ms"|"us" one unit for all times
---@field summary_mode? "compact"|"full"|"disabled" default "compact"

---@class (exact) ssel.tls_auth
---@field cert string a PEM file
---@field key string a PEM file

---@class (exact) ssel.stage
---@field duration ssel.duration
---@field target number VUs, or iterations per time_unit

---A condition such as `"p(95)<500ms"`, a table with a condition and settings, or a list of them.
---@alias ssel.thresholds string|ssel.threshold|(string|ssel.threshold)[]

---@class (exact) ssel.threshold
---@field threshold string the condition, such as "p(95)<500ms"
---@field abort_on_fail? boolean end the run when it fails
---@field delay_abort_eval? ssel.duration evaluate only after this time

---@alias ssel.scenario
---| ssel.scenario.constant_vus
---| ssel.scenario.ramping_vus
---| ssel.scenario.shared_iterations
---| ssel.scenario.per_vu_iterations
---| ssel.scenario.constant_arrival_rate
---| ssel.scenario.ramping_arrival_rate
---| ssel.scenario.replay

---Keys of every scenario.
---@class ssel.scenario.common
---@field exec? string the function to call; default "default"
---@field start_time? ssel.duration since the start of the load
---@field graceful_stop? ssel.duration how long iterations may continue at its end; default 30 s
---@field env? table<string, string|number|boolean> variables
---@field tags? ssel.tags tags of its samples

---A fixed number of VUs loops for a fixed time.
---@class (exact) ssel.scenario.constant_vus: ssel.scenario.common
---@field executor "constant-vus"
---@field vus? integer default 1
---@field duration ssel.duration

---The number of VUs changes over time.
---@class (exact) ssel.scenario.ramping_vus: ssel.scenario.common
---@field executor "ramping-vus"
---@field start_vus? integer default 1
---@field stages (string|ssel.stage)[]
---@field graceful_ramp_down? ssel.duration how long a VU may take to finish when a ramp removes it; default 30 s

---The VUs share a fixed number of iterations.
---@class (exact) ssel.scenario.shared_iterations: ssel.scenario.common
---@field executor "shared-iterations"
---@field vus? integer default 1
---@field iterations? integer default as many as VUs
---@field max_duration? ssel.duration how long iterations may start; default 10 m

---Each VU performs a fixed number of iterations.
---@class (exact) ssel.scenario.per_vu_iterations: ssel.scenario.common
---@field executor "per-vu-iterations"
---@field vus? integer default 1
---@field iterations? integer default 1
---@field max_duration? ssel.duration how long iterations may start; default 10 m

---Iterations start at a fixed rate, however long they take.
---@class (exact) ssel.scenario.constant_arrival_rate: ssel.scenario.common
---@field executor "constant-arrival-rate"
---@field rate number iterations per time_unit
---@field time_unit? ssel.duration default 1 s
---@field duration ssel.duration
---@field pre_allocated_vus integer VUs created before the load
---@field max_vus? integer maximum number of VUs; default pre_allocated_vus
---@field arrival? "uniform"|"poisson"
---@field burstiness? number shape of the gaps of "poisson": below 1 in bursts
---@field iterations? integer end after this number of starts

---Iterations start at a rate that changes over time.
---@class (exact) ssel.scenario.ramping_arrival_rate: ssel.scenario.common
---@field executor "ramping-arrival-rate"
---@field start_rate? number default 0
---@field time_unit? ssel.duration default 1 s
---@field stages (string|ssel.stage)[]
---@field pre_allocated_vus integer VUs created before the load
---@field max_vus? integer maximum number of VUs; default pre_allocated_vus
---@field arrival? "uniform"|"poisson"
---@field burstiness? number shape of the gaps of "poisson": below 1 in bursts
---@field iterations? integer end after this number of starts

---Iterations start at given times, however long they take.
---@class (exact) ssel.scenario.replay: ssel.scenario.common
---@field executor "replay"
---@field data ssel.duration[]|string sorted start times, or a file with one per line
---@field speed? number speed factor; default 1
---@field duration? ssel.duration only starts before this time
---@field iterations? integer only the first N starts
---@field pre_allocated_vus integer VUs created before the load
---@field max_vus? integer maximum number of VUs; default pre_allocated_vus

---The argument of `handle_summary`.
---@class (exact) ssel.summary
---@field version integer increases when a field changes its meaning or is removed
---@field duration number seconds
---@field metrics table<string, ssel.summary.metric> by name, and sub-metrics by selector, such as "http_reqs{status:200}"
---@field checks ssel.summary.check[]
---@field thresholds ssel.summary.threshold[]
---@field failures ssel.summary.failure[] what failed, by kind
---@field iterations_complete integer
---@field iterations_interrupted integer
---@field vus integer maximum number of concurrently active VUs
---@field vus_max integer VUs created
---@field rejected integer rejected samples
---@field notes string[]
---@field client ssel.summary.client

---@class ssel.summary.metric
---@field type "counter"|"gauge"|"rate"|"trend"
---@field contains "default"|"time"|"data"
---@field tags? table<string, string> of a sub-metric
---@field empty boolean true without samples; the values are then zeros
---@field values table<string, number> of a counter count and rate; of a gauge value, min and max; of a rate rate, passes, fails and total; of a trend count, sum, avg, min, med, max, p(90), p(95), p(99), those of summary_trend_stats, and relative_error
---@field thresholds? table<string, { ok: boolean, value: number }> by expression

---@class ssel.summary.check
---@field name string
---@field group string
---@field passes integer
---@field fails integer

---@class ssel.summary.threshold
---@field metric string
---@field tags table<string, string>
---@field kind "counter"|"gauge"|"rate"|"trend"
---@field unit "plain"|"time"|"data"
---@field source string
---@field stat string
---@field value number|lightuserdata json.null without samples
---@field ok boolean|lightuserdata json.null without samples

---@class ssel.summary.failure
---@field source string "http", "sse", "llm" or "iteration"
---@field kind string how, e.g. "timeout"
---@field status? integer|lightuserdata of the answer; json.null without one
---@field count integer
---@field message string message of the first

---@class ssel.summary.client
---@field verdict "ok"|"limited"
---@field limits table[] each with cause, value, at_most and distrust
---@field cpu number[] the share of a core of each worker

---The options of the run.
---@type ssel.options
options = {}
