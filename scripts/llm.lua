-- Benchmarks an inference server with conversations: time to first token, speed of prompts and replies, how replies end.
--
--   ssel run scripts/llm.lua --vus 5 --duration 30s
--   ssel run scripts/llm.lua -e SERVER_BENCH_URL=http://localhost:8000/v1 -e SERVER_BENCH_MODEL_ALIAS=my-model
--
-- SERVER_BENCH_URL                URL of the server, up to /v1 (the server that is built into ssel)
-- SERVER_BENCH_MODEL_ALIAS        name of the model (my-model)
-- SERVER_BENCH_API_KEY            API key, if the server requires one
-- SERVER_BENCH_DATASET            ShareGPT file, relative to this script (data/conversations.json)
-- SERVER_BENCH_N_PROMPTS          number of conversations (480)
-- SERVER_BENCH_MAX_TOKENS         maximum tokens of a reply (512)
-- SERVER_BENCH_MAX_PROMPT_TOKENS  maximum tokens of a prompt; longer ones are skipped (1024)
-- SERVER_BENCH_MAX_CONTEXT        maximum tokens of a prompt with its answer; longer ones are skipped (2048)
-- SERVER_BENCH_SEED               seed of the server's sampling; not sent by default, because some servers reject it
--
-- In addition to the metrics of llm.chat, which docs/llm.md defines, there are those of llama.cpp's k6 benchmark:
--
-- llm_emit_first_token_second      as llm_ttft
-- llm_prompt_processing_second     prompt tokens per second, up to the first token
-- llm_tokens_second                reply tokens per second, from the first token on
-- llm_completions_stop_rate        share of replies that ended by themselves
-- llm_completions_truncated_rate   share of replies that ended at the length limit

local function number(name, default)
  local text = env[name]
  if not text then return default end
  return tonumber(text) or error(("%s must be a number, not %q"):format(name, text), 0)
end

local url = env.SERVER_BENCH_URL or target.url("/v1?ttft=100ms&itl=10ms&tokens=40")
local model = env.SERVER_BENCH_MODEL_ALIAS or "my-model"
local max_tokens = number("SERVER_BENCH_MAX_TOKENS", 512)
local seed = number("SERVER_BENCH_SEED")

local prompts = llm.prompts{
  sharegpt = env.SERVER_BENCH_DATASET or "data/conversations.json",
  count = number("SERVER_BENCH_N_PROMPTS", 480),
  max_prompt_tokens = number("SERVER_BENCH_MAX_PROMPT_TOKENS", 1024),
  max_total_tokens = number("SERVER_BENCH_MAX_CONTEXT", 2048),
}

local emit_first_token_second = metrics.trend("llm_emit_first_token_second", true)
local prompt_processing_second = metrics.trend("llm_prompt_processing_second")
local tokens_second = metrics.trend("llm_tokens_second")
local prompt_tokens_total = metrics.counter("llm_prompt_tokens_total_counter")
local completion_tokens_total = metrics.counter("llm_completion_tokens_total_counter")
local truncated_rate = metrics.rate("llm_completions_truncated_rate")
local stop_rate = metrics.rate("llm_completions_stop_rate")

options = {
  vus = 8,
  duration = "10m",
  thresholds = {
    -- A server that truncates more than 80 % of the replies is misconfigured, so the rest of the run would be useless.
    llm_completions_truncated_rate = { { threshold = "rate < 0.8", abort_on_fail = true, delay_abort_eval = "1m" } },
    checks = "rate > 0.9",
  },
}

function setup()
  print(("Benchmark config: url=%s prompts=%d model=%s max_tokens=%d"):format(url, #prompts, model, max_tokens))
end

function default()
  local prompt = prompts[exec.scenario.iteration_in_test % #prompts + 1]
  local res = llm.chat{
    url = url,
    model = model,
    bearer = env.SERVER_BENCH_API_KEY,
    messages = {
      { role = "system", content = "You are ChatGPT, an AI assistant." },
      { role = "user", content = prompt.prompt },
    },
    prompt_tokens = prompt.prompt_tokens,
    max_tokens = max_tokens,
    seed = seed,
    extra = { stop = { "<|im_end|>" } }, -- for models that were not taught to stop
    text = false,
  }

  check(res, { ["success completion"] = res.error == nil })

  -- A failed reply has no speed. It is counted by its kind in llm_errors.
  if not res.error then
    prompt_tokens_total:add(res.prompt_tokens)
    completion_tokens_total:add(res.completion_tokens)
    truncated_rate:add(res.finish_reason == "length")
    stop_rate:add(res.finish_reason == "stop")
    if res.ttft then
      emit_first_token_second:add(res.ttft)
      prompt_processing_second:add(res.prompt_tokens / res.ttft)
    end
    -- The first token belongs to the time before it. A reply that came in bunches shows no time between tokens: it has no tpot.
    if res.tpot and res.tpot > 0 then tokens_second:add(1 / res.tpot) end
  end

  sleep(0.3)
end
