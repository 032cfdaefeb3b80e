---@meta wrk

-- Additional API for scripts of `ssel wrk`, see docs/wrk.md; not available in scripts of `ssel run`.

---The parts of a request, and the thread.
---@class wrk
---@field scheme string
---@field host string
---@field port? string nil if the URL has none
---@field method string
---@field path string
---@field headers table<string, string>
---@field body? string
---@field thread? wrk.thread the thread of the current state
---@field addrs? wrk.address[] the result of `wrk.resolve`, in `setup` and `done`
wrk = {}

---Returns the bytes of a request. Nil arguments default to the values in the table `wrk`; `Host` and `Content-Length` are added.
---@param method? string
---@param path? string
---@param headers? table<string, string|number>
---@param body? string
---@return string
function wrk.format(method, path, headers, body) end

---Returns the addresses of a host; an empty table if there are none.
---@param host string
---@param service? string|number a port, "http" or "https"
---@return wrk.address[]
function wrk.lookup(host, service) end

---Returns whether a server listens there.
---@param address wrk.address
---@return boolean
function wrk.connect(address) end

---Stores in `wrk.addrs` the addresses on which a server listens; called for the URL before `setup`.
---@param host string
---@param service string a port, "http" or "https"
function wrk.resolve(host, service) end

---Assigns the first of `wrk.addrs` to the thread and calls `setup`.
---@param thread wrk.thread
function wrk.setup(thread) end

---Sets `wrk.headers.Host`, calls `init`, prepares `wrk.request`.
---@param args table<integer, string> the URL at 0, the arguments after it from 1 on
function wrk.init(args) end

---Returns the bytes to send if the script has no function `request`.
---@return string
function wrk.request() end

---An address; `tostring` shows it.
---@class wrk.address

---A thread, in `setup` and `done` from outside.
---@class wrk.thread
---@field addr wrk.address the address it connects to
local thread = {}

---Returns a copy of a global of the thread's script.
---@param name string
---@return any
function thread:get(name) end

---Sets a global of the thread's script.
---@param name string
---@param value any nil, a boolean, number or string, or a table of these
function thread:set(name, value) end

---Ends this thread's load.
function thread:stop() end

---The first argument of `done`.
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
---`figures(i)` returns the i-th of them and how often it occurred.
---@class wrk.figures
---@field min number
---@field max number
---@field mean number
---@field stdev number
---@operator call(integer): number, number
---@operator len: integer
local figures = {}

---Returns the value that `percent` percent of all values do not exceed.
---@param percent number
---@return number
function figures:percentile(percent) end

return wrk
