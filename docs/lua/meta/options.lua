---@meta ssel.options

-- What a script exports: its options, and the functions that a run calls. Every name of an option is here, so that an
-- editor marks those that are misspelt.

---@class (exact) ssel.options
---@field vus? integer number of VUs; default 1
---@field duration? ssel.duration how long the VUs loop
---@field iterations? integer how many iterations the VUs share
---@field stages? (string|ssel.stage)[] how the number of VUs moves over time
---@field scenarios? table<string, ssel.scenario> several loads, by name
---@field thresholds? table<string, ssel.thresholds> what has to hold for the run to pass, by metric
---@field arrival? "uniform"|"poisson" how starts are spread at arrival rates; default "uniform"
---@field graceful_stop? ssel.duration how long iterations may go on when their scenario ends; default 30 s
---@field seed? integer makes whatever is random repeatable; default 0
---@field min_iteration_duration? ssel.duration a VU's next iteration starts no sooner than this after the last
---@field no_setup? boolean leave `setup` out
---@field no_teardown? boolean leave `teardown` out
---@field no_thresholds? boolean do not evaluate thresholds
---@field setup_timeout? ssel.duration default 60 s
---@field teardown_timeout? ssel.duration default 60 s
---@field tags? ssel.tags tags of every sample
---@field user_agent? string empty sends none
---@field max_redirects? integer redirects a request follows; default 10
---@field connect_timeout? ssel.duration limit for lookup, connection and TLS; default 30 s
---@field insecure_skip_tls_verify? boolean accept any certificate
---@field no_connection_reuse? boolean a new connection for each request
---@field no_vu_connection_reuse? boolean new connections for each iteration
---@field no_cookies_reset? boolean keep cookies from one iteration to the next
---@field http_version? "auto"|"1.1"|"2" default "auto"
---@field hosts? table<string, string> addresses in place of DNS
---@field dns_ttl? ssel.duration how long a looked-up address is used; default 5 m
---@field ca? string|string[] PEM files of certificates to trust
---@field tls_auth? ssel.tls_auth the certificate to show to servers that ask
---@field proxy? string the proxy of all requests, `http://[user:password@]host[:port]`
---@field no_proxy? string|string[] hosts that need no proxy
---@field summary_trend_stats? string[] figures of a trend, such as "avg" or "p(99)"
---@field summary_time_unit? "s"|"ms"|"us" one unit for all times
---@field summary_mode? "compact"|"full"|"disabled" default "compact"

---@class (exact) ssel.tls_auth
---@field cert string a PEM file
---@field key string a PEM file

---@class (exact) ssel.stage
---@field duration ssel.duration
---@field target number VUs, or iterations per time_unit

---A condition such as `"p(95)<500ms"`, one with what happens when it fails, or a list of them.
---@alias ssel.thresholds string|ssel.threshold|(string|ssel.threshold)[]

---@class (exact) ssel.threshold
---@field threshold string the condition, such as "p(95)<500ms"
---@field abort_on_fail? boolean end the run when it fails
---@field delay_abort_eval? ssel.duration not before this time

---@alias ssel.scenario
---| ssel.scenario.constant_vus
---| ssel.scenario.ramping_vus
---| ssel.scenario.shared_iterations
---| ssel.scenario.per_vu_iterations
---| ssel.scenario.constant_arrival_rate
---| ssel.scenario.ramping_arrival_rate
---| ssel.scenario.replay

---What every scenario may have.
---@class ssel.scenario.common
---@field exec? string the function to call; default "default"
---@field start_time? ssel.duration since the start of the load
---@field graceful_stop? ssel.duration how long iterations may go on at its end; default 30 s
---@field env? table<string, string|number|boolean> variables
---@field tags? ssel.tags tags of its samples

---So many VUs loop for a time.
---@class (exact) ssel.scenario.constant_vus: ssel.scenario.common
---@field executor "constant-vus"
---@field vus? integer default 1
---@field duration ssel.duration

---The number of VUs moves.
---@class (exact) ssel.scenario.ramping_vus: ssel.scenario.common
---@field executor "ramping-vus"
---@field start_vus? integer default 1
---@field stages (string|ssel.stage)[]
---@field graceful_ramp_down? ssel.duration how long a VU that is taken away may go on; default 30 s

---The VUs share so many iterations.
---@class (exact) ssel.scenario.shared_iterations: ssel.scenario.common
---@field executor "shared-iterations"
---@field vus? integer default 1
---@field iterations? integer default as many as VUs
---@field max_duration? ssel.duration when to start no more; default 10 m

---Each VU makes so many iterations.
---@class (exact) ssel.scenario.per_vu_iterations: ssel.scenario.common
---@field executor "per-vu-iterations"
---@field vus? integer default 1
---@field iterations? integer default 1
---@field max_duration? ssel.duration when to start no more; default 10 m

---So many iterations start per time unit, however long they take.
---@class (exact) ssel.scenario.constant_arrival_rate: ssel.scenario.common
---@field executor "constant-arrival-rate"
---@field rate number iterations per time_unit
---@field time_unit? ssel.duration default 1 s
---@field duration ssel.duration
---@field pre_allocated_vus integer VUs made before the load
---@field max_vus? integer the most VUs; default pre_allocated_vus
---@field arrival? "uniform"|"poisson"
---@field burstiness? number shape of the gaps of "poisson": below 1 in bursts
---@field iterations? integer end after so many starts

---The rate moves.
---@class (exact) ssel.scenario.ramping_arrival_rate: ssel.scenario.common
---@field executor "ramping-arrival-rate"
---@field start_rate? number default 0
---@field time_unit? ssel.duration default 1 s
---@field stages (string|ssel.stage)[]
---@field pre_allocated_vus integer VUs made before the load
---@field max_vus? integer the most VUs; default pre_allocated_vus
---@field arrival? "uniform"|"poisson"
---@field burstiness? number shape of the gaps of "poisson": below 1 in bursts
---@field iterations? integer end after so many starts

---Iterations start at times of their own, however long they take.
---@class (exact) ssel.scenario.replay: ssel.scenario.common
---@field executor "replay"
---@field data ssel.duration[]|string start times in order, or a file with one on each line
---@field speed? number how many times as fast; default 1
---@field duration? ssel.duration only the starts before this
---@field iterations? integer only the first so many starts
---@field pre_allocated_vus integer VUs made before the load
---@field max_vus? integer the most VUs; default pre_allocated_vus

---What `handle_summary` gets.
---@class (exact) ssel.summary
---@field version integer grows when a field changes its meaning or goes
---@field duration number seconds
---@field metrics table<string, ssel.summary.metric> by name, and parts by their selector, such as "http_reqs{status:200}"
---@field checks ssel.summary.check[]
---@field thresholds ssel.summary.threshold[]
---@field failures ssel.summary.failure[] what failed, by kind
---@field iterations_complete integer
---@field iterations_interrupted integer
---@field vus integer the most VUs at work at once
---@field vus_max integer VUs made
---@field rejected integer samples that were refused
---@field notes string[]
---@field client ssel.summary.client

---@class ssel.summary.metric
---@field type "counter"|"gauge"|"rate"|"trend"
---@field contains "default"|"time"|"data"
---@field tags? table<string, string> of a part
---@field empty boolean without samples, the values are zeros
---@field values table<string, number> of a counter count and rate; of a gauge value, min and max; of a rate rate, passes, fails and total; of a trend count, sum, avg, min, med, max, p(90), p(95), p(99), those of summary_trend_stats, and relative_error
---@field thresholds? table<string, { ok: boolean, value: number }> by what they demand

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
---@field message string what the first of them said

---@class ssel.summary.client
---@field verdict "ok"|"limited"
---@field limits table[] each with cause, value, at_most and distrust
---@field cpu number[] the share of a core of each worker

---The options of the run.
---@type ssel.options
options = {}
