-- What luacheck wants to know of scripts for ssel. Written by `ssel new`.
std = "luajit"
allow_defined_top = true
globals = { "options", "setup", "default", "teardown", "handle_summary", "wrk" }
read_globals = {
  "sse", "http", "llm", "spawn", "check", "group", "sleep", "now", "fail", "metrics", "json", "data", "exec", "env", "open",
  "target", "report",
}
