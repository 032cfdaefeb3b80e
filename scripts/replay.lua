-- Replays a trace of production: its requests, at their times, with the prefixes that they share.
--
--   ssel run scripts/replay.lua -e SPEED=2
--   ssel run scripts/replay.lua -e URL=http://localhost:8000/v1 -e MODEL=my-model -e TRACE=conversation_trace.jsonl
--
-- URL    URL of the server, up to /v1 (the server that is built into ssel)
-- MODEL  name of the model, if the server requires one
-- TRACE  trace in Mooncake's format, relative to this script (data/mooncake.jsonl)
-- SPEED  replay this many times as fast (1)

local url = env.URL or target.url("/v1?ttft=50ms&itl=5ms")

local trace = llm.trace{
  mooncake = env.TRACE or "data/mooncake.jsonl",
  speed = tonumber(env.SPEED or 1),
}

options = {
  scenarios = {
    production = { executor = "replay", data = trace.starts, pre_allocated_vus = 20, max_vus = 1000 },
  },
  thresholds = {
    -- Later than that, it is not the load of the trace any more.
    schedule_delay = "p(99)<500ms",
  },
}

function default()
  for request, delay in trace:session(exec.scenario.start_in_test) do
    local reply = llm.chat{
      url = url,
      model = env.MODEL,
      prompt = request.prompt,
      messages = request.messages,
      prompt_tokens = request.prompt_tokens,
      max_tokens = request.max_tokens,
      ignore_eos = true,
      schedule_delay = delay,
      text = false,
    }
    check(reply, { ["answered"] = reply.error == nil })
  end
end
