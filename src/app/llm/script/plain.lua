-- Written by `ssel llm --emit-script`: what that command runs. Change it as you like; run it with `ssel run`.

-- The same prompts for the same seed: another one keeps them out of the server's cache.
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

-- Requests that are not measured. One that fails ends the run before it begins.
function setup()
  for n = 1, warmup do
    local reply = ask(prompts[n], false)
    if reply.error then error("the warm-up failed: " .. tostring(reply.error), 0) end
  end
end

-- Each request has a prompt of its own; when all have had their turn, they come again.
function default()
  local n = exec.scenario.iteration_in_test % (#prompts - warmup)
  ask(prompts[warmup + n + 1])
end
