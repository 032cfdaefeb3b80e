-- Written by `ssel llm --emit-script`. Change it as you like and run it with `ssel run`.

-- The same seed gives the same prompts; a new one avoids the cache of the server.
local seed = tonumber(env.LLM_SEED) or 0
local prompts = llm.prompts { random = { input_len = 128 }, count = 10001, seed = seed, output_len = 64 }
local warmup = 1

options = {
  seed = 0,
  setup_timeout = "5m1s",
  scenarios = {
    llm = {
      executor = "constant-vus",
      vus = 8,
      duration = "20s",
      graceful_stop = "30s",
    },
  },
}

local function ask(prompt, measure)
  return llm.chat {
    url = "http://localhost:8000/v1/chat/completions",
    model = "tiny",
    prompt = prompt.prompt,
    messages = prompt.messages,
    prompt_tokens = prompt.prompt_tokens,
    max_tokens = prompt.max_tokens,
    timeout = "5m0s",
    text = false,
    measure = measure,
  }
end

-- Unmeasured requests. One that fails ends the run before the load.
function setup()
  for n = 1, warmup do
    local reply = ask(prompts[n], false)
    if reply.error then error("the warm-up failed: " .. tostring(reply.error), 0) end
  end
end

-- Each request has its own prompt; after the last one they start again.
function default()
  local n = exec.scenario.iteration_in_test % (#prompts - warmup)
  ask(prompts[warmup + n + 1])
end
