---@meta wrk

-- What scripts of `ssel wrk` have beside the rest, see docs/wrk.md; not there in scripts of `ssel run`.

---What a request is made of, and the thread.
---@class wrk
---@field scheme string
---@field host string
---@field port? string nil where the URL has none
---@field method string
---@field path string
---@field headers table<string, string>
---@field body? string
---@field thread? wrk.thread the thread a state belongs to
---@field addrs? wrk.address[] what `wrk.resolve` has left, in `setup` and `done`
wrk = {}

---The bytes of a request. What is nil comes from the table `wrk`; `Host` and `Content-Length` are added.
---@param method? string
---@param path? string
---@param headers? table<string, string|number>
---@param body? string
---@return string
function wrk.format(method, path, headers, body) end

---The addresses of a host; an empty table when there are none.
---@param host string
---@param service? string|number a port, "http" or "https"
---@return wrk.address[]
function wrk.lookup(host, service) end

---Whether somebody listens there.
---@param address wrk.address
---@return boolean
function wrk.connect(address) end

---Leaves those addresses in `wrk.addrs` that somebody listens on; called for the URL before `setup`.
---@param host string
---@param service string a port, "http" or "https"
function wrk.resolve(host, service) end

---Gives the thread the first of `wrk.addrs` and calls `setup`.
---@param thread wrk.thread
function wrk.setup(thread) end

---Sets `wrk.headers.Host`, calls `init`, makes `wrk.request`.
---@param args table<integer, string> the URL at 0, what followed it from 1 on
function wrk.init(args) end

---The bytes that are sent where the script has no function `request`.
---@return string
function wrk.request() end

---An address; `tostring` shows it.
---@class wrk.address

---A thread, in `setup` and `done` from outside.
---@class wrk.thread
---@field addr wrk.address where it connects to
local thread = {}

---A global of the thread's script, as a copy.
---@param name string
---@return any
function thread:get(name) end

---Sets a global of the thread's script.
---@param name string
---@param value any nil, a boolean, number or string, or a table of these
function thread:set(name, value) end

---Ends this thread's load.
function thread:stop() end

---What `done` is given first.
---@class wrk.summary
---@field duration number microseconds
---@field requests number
---@field bytes number
---@field streams number
---@field events number
---@field errors wrk.errors

---@class wrk.errors
---@field connect number
---@field read number
---@field write number
---@field status number
---@field timeout number
---@field script number

---Latencies in microseconds, or requests per second of one thread. `#figures` is the number of distinct values, and
---`figures(i)` gives the i-th of them and how often it occurred.
---@class wrk.figures
---@field min number
---@field max number
---@field mean number
---@field stdev number
---@operator call(integer): number, number
---@operator len: integer
local figures = {}

---The value that so many percent of all do not exceed.
---@param percent number
---@return number
function figures:percentile(percent) end

return wrk
