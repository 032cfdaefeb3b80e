-- Written by `ssel llm --emit-script`. Change it as you like and run it with `ssel run`.

local key = assert(env["MY-KEY"], "the environment variable MY-KEY is not set")

-- The same seed gives the same prompts; a new one avoids the cache of the server.
local seed = tonumber(env.LLM_SEED) or 7
local prompts = llm.prompts { sharegpt = "my \"data\".json", count = 100, seed = seed, salt = env.LLM_SALT }
local warmup = 0

options = {
  insecure_skip_tls_verify = true,
  seed = 7,
  scenarios = {
    llm = {
      executor = "constant-arrival-rate",
      rate = 12.5,
      arrival = "poisson",
      burstiness = 0.5,
      duration = "20s",
      iterations = 100,
      pre_allocated_vus = 20,
      max_vus = 20,
      graceful_stop = "30s",
    },
  },
}

local function ask(prompt, measure)
  return llm.chat {
    url = target.url("/?ttft=200ms&itl=20ms"),
    api = "gemini",
    model = "tiny",
    prompt = prompt.prompt,
    messages = prompt.messages,
    prompt_tokens = prompt.prompt_tokens,
    max_tokens = prompt.max_tokens,
    ignore_eos = true,
    bearer = key,
    headers = { ["X-Team"] = "a\\b" },
    extra = { top_p = 0.9 },
    goodput = { ttft = "500ms", tpot = "50ms" },
    timeout = "5m0s",
    text = false,
    measure = measure,
  }
end

-- Each request has its own prompt; after the last one they start again.
function default()
  local n = exec.scenario.iteration_in_test % (#prompts - warmup)
  ask(prompts[warmup + n + 1])
end
