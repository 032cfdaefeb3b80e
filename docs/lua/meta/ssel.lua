---@meta ssel

-- The module `ssel`. Each member is also a global of the same name, and `require "ssel.NAME"` returns only that member.

---Seconds as a number, or a string such as `"150ms"` or `"1m30s"`.
---@alias ssel.duration number|string

---Tags of samples: names to values.
---@alias ssel.tags table<string, string|number|boolean>

---@class ssel
---@field sse sse event streams
---@field http http requests whose answers are read completely
---@field llm llm conversations with language models
---@field spawn fun(fn: (fun(...: any): any), ...: any): ssel.task runs a function concurrently with the caller
---@field check fun(value: any, checks: table<string, check.condition>, tags?: ssel.tags): boolean tests named conditions
---@field group fun(name: string, fn: fun(): any): any names a section of an iteration
---@field sleep fun(duration: ssel.duration) pauses this VU
---@field now fun(): number seconds of a monotonic clock
---@field fail fun(message?: any) ends the iteration with an error
---@field print fun(...: any) writes a line to standard output
---@field metrics metrics custom metrics
---@field json json JSON
---@field data data large arrays that all VUs share
---@field exec exec where this code runs, how far the run is, how to end it
---@field env env variables
---@field open fun(path: string, mode?: "b"): string the content of a file
---@field target target the built-in server
---@field report report the usual screen, for `handle_summary`
local ssel = {}

return ssel
