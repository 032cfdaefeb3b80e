---@meta ssel.sse

---Event streams.
---@class sse
sse = {}

---Runs `setup(client)`, sends the request, calls the callbacks until the stream ends, and returns. Waits.
---@param url string
---@param params? sse.params
---@param setup fun(client: sse.client) registers the callbacks
---@return sse.response
---@overload fun(url: string, setup: fun(client: sse.client)): sse.response
function sse.open(url, params, setup) end

---Sends the request, waits until the stream is open and returns it.
---@param url string
---@param params? sse.params
---@return sse.stream? stream nil if it did not open
---@return sse.error? error
---@return sse.response? response with an error only
function sse.connect(url, params) end

---@class (exact) sse.params
---@field method? string default "GET"
---@field headers? table<string, string|number|(string|number)[]>
---@field body? string|table a table is sent as JSON
---@field tags? ssel.tags tags of all samples of this stream
---@field jar? boolean|http.jar false: no cookies; default true, those of the VU
---@field timeout? ssel.duration limit for the whole stream
---@field connect_timeout? ssel.duration limit for lookup, connection and TLS; default 30 s
---@field first_event_timeout? ssel.duration limit from the request to the first event
---@field idle_timeout? ssel.duration limit between two events
---@field max_events? integer end the stream successfully after this number of events
---@field max_duration? ssel.duration end the stream successfully after this time
---@field max_event_bytes? integer maximum size of an event; default 16 MiB
---@field redirects? integer redirects to follow; default 10
---@field reconnect? boolean|sse.reconnect reconnect as a browser does; default false

---@class (exact) sse.reconnect
---@field max? integer maximum number of reconnects; default: unlimited

---The argument of `setup`.
---@class sse.client
local client = {}

---Registers a callback; several for one name run in the order they were registered.
---@param name "open"|"event"|"comment"|"error"|"close"
---@param handler function
---@return sse.client
---@overload fun(self: sse.client, name: "open", handler: fun(response: sse.head)): sse.client
---@overload fun(self: sse.client, name: "event", handler: fun(event: sse.event)): sse.client
---@overload fun(self: sse.client, name: "comment", handler: fun(text: string)): sse.client
---@overload fun(self: sse.client, name: "error", handler: fun(error: sse.error)): sse.client
---@overload fun(self: sse.client, name: "close", handler: fun(response: sse.response)): sse.client
function client:on(name, handler) end

---Ends the stream; no further event is delivered.
function client:close() end

---@class sse.event
---@field id string this block's own `id:` field; "" without one
---@field last_event_id string the last event id, which persists
---@field name string the `event:` field; "message" without one
---@field data string
---@field comment string the last comment line of the block; "" without one
---@field time number seconds from the request's start to the moment these bytes were read from the socket
local event = {}

---Decodes `data` as JSON; raises an error if it is not valid JSON.
---@param options? json.options
---@return any
function event:json(options) end

---The response when the stream opens.
---@class sse.head
---@field url string the URL that answered
---@field status integer
---@field headers table<string, string> by lower-case name; looked up in any case
---@field proto string e.g. "HTTP/1.1"
---@field remote_ip? string

---The response when the stream has ended.
---@class sse.response
---@field url string the URL that answered; without an answer, the one asked for
---@field status integer 0 without an answer
---@field headers table<string, string> by lower-case name; looked up in any case
---@field error? sse.error why the stream failed
---@field body? string body of an answer that is not an event stream, at most 64 KiB
---@field proto? string e.g. "HTTP/1.1"
---@field remote_ip? string
---@field events integer events received
---@field bytes integer bytes received on the wire
---@field timings? sse.timings nil only if no request was sent

---Seconds.
---@class sse.timings
---@field blocked number preparation, and waiting for a connection
---@field lookup number looking up the host
---@field connecting number connecting the socket
---@field tls number TLS handshake
---@field sending number writing the request
---@field waiting number from the request sent to the first byte of the response
---@field first_event? number from the request's start to the first event
---@field receiving number from the first byte of the response to the end of the stream
---@field duration number from the request's start to the end of the stream
---@field schedule_delay? number from the planned start of the iteration to its start, at arrival rates

---@alias sse.error_kind
---| "url"
---| "request"
---| "dns"
---| "connect"
---| "client"
---| "proxy"
---| "tls"
---| "timeout"
---| "reset"
---| "truncated"
---| "protocol"
---| "redirect"
---| "status"
---| "content_type"
---| "too_large"
---| "encoding"
---| "interrupted"

---@class sse.error
---@field kind sse.error_kind
---@field message string
---@field retry_in? number seconds until the next attempt, with `reconnect`
local error = {}

---The message, as in k6; `tostring(err)` gives the same.
---@return string
function error:error() end

---An open stream, from which the script reads events.
---@class sse.stream
---@field status integer
---@field headers table<string, string> by lower-case name; looked up in any case
---@field last_error? sse.error with `reconnect`: of the last attempt that was followed by another
---@field response? sse.response once the stream has ended
local stream = {}

---Returns the next event; nil if the stream has ended, with the error if it failed; nil and an error of kind "timeout" if
---no event arrived in time. Waits.
---@param timeout? ssel.duration
---@return sse.event? event
---@return sse.error? error
function stream:next(timeout) end

---For a `for` loop over all events. Waits.
---@return fun(stream: sse.stream): sse.event? iterator
---@return sse.stream stream
function stream:events() end

---Ends the stream immediately, unless it has ended.
---@return sse.response
function stream:close() end

return sse
