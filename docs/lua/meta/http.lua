---@meta ssel.http

---Requests whose answers are read completely.
---@class http
http = {}

---Sends a GET and returns its answer. Waits.
---@param url string
---@param params? http.params
---@return http.response
function http.get(url, params) end

---Sends a HEAD and returns its answer. Waits.
---@param url string
---@param params? http.params
---@return http.response
function http.head(url, params) end

---Sends a POST and returns its answer. Waits.
---@param url string
---@param body? string|table a table is sent as JSON
---@param params? http.params
---@return http.response
function http.post(url, body, params) end

---Sends a PUT and returns its answer. Waits.
---@param url string
---@param body? string|table a table is sent as JSON
---@param params? http.params
---@return http.response
function http.put(url, body, params) end

---Sends a PATCH and returns its answer. Waits.
---@param url string
---@param body? string|table a table is sent as JSON
---@param params? http.params
---@return http.response
function http.patch(url, body, params) end

---Sends a DELETE and returns its answer. Waits.
---@param url string
---@param body? string|table a table is sent as JSON
---@param params? http.params
---@return http.response
function http.delete(url, body, params) end

---Sends an OPTIONS and returns its answer. Waits.
---@param url string
---@param body? string|table a table is sent as JSON
---@param params? http.params
---@return http.response
function http.options(url, body, params) end

---Sends a request of any method and returns its answer. Waits.
---@param method string
---@param url string
---@param body? string|table a table is sent as JSON
---@param params? http.params
---@return http.response
function http.request(method, url, body, params) end

---Creates an empty cookie jar.
---@return http.jar
function http.cookie_jar() end

---@class (exact) http.params
---@field headers? table<string, string|number|(string|number)[]>
---@field json? any sent as JSON instead of a body
---@field form? table<string, string|number|boolean|(string|number|boolean)[]> sent as an HTML form instead of a body
---@field auth? [string, string] user and password
---@field bearer? string the token of an `Authorization: Bearer` header
---@field tags? ssel.tags tags of all samples of this request
---@field jar? boolean|http.jar false: no cookies; default true, those of the VU
---@field timeout? ssel.duration limit for the whole; default 60 s
---@field connect_timeout? ssel.duration limit for lookup, connection and TLS; default 30 s
---@field redirects? integer redirects to follow; default 10

---@class http.response
---@field url string the URL that answered; without an answer, the one asked for
---@field status integer 0 without an answer
---@field headers table<string, string> by lower-case name; looked up in any case
---@field body? string nil if it did not arrive completely
---@field error? sse.error error of the network
---@field proto? string e.g. "HTTP/1.1"
---@field remote_ip? string
---@field timings http.timings
local response = {}

---Decodes `body` as JSON; raises an error if it is not valid JSON.
---@param options? json.options
---@return any
function response:json(options) end

---Seconds.
---@class http.timings
---@field blocked number preparation, and waiting for a connection
---@field lookup number looking up the host
---@field connecting number connecting the socket
---@field tls number TLS handshake
---@field sending number writing the request
---@field waiting number from the request sent to the first byte of the response
---@field receiving number from the first byte of the response to its end
---@field duration number from the request's start to the end
---@field schedule_delay? number from the planned start of the iteration to its start, at arrival rates

---@class http.jar
local jar = {}

---Stores a cookie as if `url` had sent it.
---@param url string
---@param name string
---@param value string|number
---@return boolean accepted
function jar:set(url, name, value) end

---Returns the cookies that a request for `url` would send.
---@param url string
---@return table<string, string>
function jar:get(url) end

---Removes all cookies.
function jar:clear() end

return http
