-- The script of xk6-sse's README, line by line: nothing is changed but the language, and names of metrics that ssel has.

-- Server chat completions prefix
local server_url = env.SERVER_BENCH_URL or "http://localhost:8080/v1"
-- Number of total prompts in the dataset
local n_prompt = tonumber(env.SERVER_BENCH_N_PROMPTS or 600 / 10 * 8)
-- Model name to request
local model = env.SERVER_BENCH_MODEL_ALIAS or "my-model"
-- Dataset path
local dataset_path = env.SERVER_BENCH_DATASET or "./ShareGPT_V3_unfiltered_cleaned_split.json"
-- Max tokens to predict
local max_tokens = tonumber(env.SERVER_BENCH_MAX_TOKENS or 512)
-- Max prompt tokens
local n_prompt_tokens = tonumber(env.SERVER_BENCH_MAX_PROMPT_TOKENS or 1024)
-- Max slot context
local n_ctx_slot = tonumber(env.SERVER_BENCH_MAX_CONTEXT or 2048)

function setup()
  print(("Benchmark config: server_url=%s n_prompt=%d model=%s dataset_path=%s max_tokens=%d")
    :format(server_url, n_prompt, model, dataset_path, max_tokens))
end

local data = data.shared("conversations", function()
  local function tokens(message)
    local _, separators = message:gsub("[%s,'\".?]", "")
    return separators + 1
  end
  local kept = {}
  for _, entry in ipairs(json.decode(open(dataset_path), { nulls = false })) do
    local turns = entry.conversations
    -- Filter out the conversations with less than 2 turns.
    if #turns >= 2 and turns[1].from == "human" and #kept < n_prompt then
      local conv = {
        prompt = turns[1].value,
        n_prompt_tokens = tokens(turns[1].value),
        n_completion_tokens = tokens(turns[2].value),
      }
      local total = conv.n_prompt_tokens + conv.n_completion_tokens
      -- Filter out too short and too long sequences
      if conv.n_prompt_tokens >= 4 and conv.n_completion_tokens >= 4
          and conv.n_prompt_tokens <= n_prompt_tokens and total <= n_ctx_slot then
        kept[#kept + 1] = conv
      end
    end
  end
  return kept
end)

local llm_prompt_tokens = metrics.trend("prompt_tokens")
local llm_completion_tokens = metrics.trend("completion_tokens")
local llm_tokens_second = metrics.trend("tokens_second")
local llm_prompt_processing_second = metrics.trend("prompt_processing_second")
local llm_emit_first_token_second = metrics.trend("emit_first_token_second")
local llm_prompt_tokens_total_counter = metrics.counter("prompt_tokens_total_counter")
local llm_completion_tokens_total_counter = metrics.counter("completion_tokens_total_counter")
local llm_completions_truncated_rate = metrics.rate("completions_truncated_rate")
local llm_completions_stop_rate = metrics.rate("completions_stop_rate")

options = {
  thresholds = {
    completions_truncated_rate = {
      -- more than 80% of truncated input will abort the test
      { threshold = "rate < 0.8", abort_on_fail = true, delay_abort_eval = "1m" },
    },
  },
  duration = "10m",
  vus = 8,
}

function default()
  local conversation = data[exec.scenario.iteration_in_instance % #data + 1]
  local payload = {
    messages = {
      { role = "system", content = "You are ChatGPT, an AI assistant." },
      { role = "user", content = conversation.prompt },
    },
    model = model,
    stream = true,
    stream_options = { include_usage = true },
    seed = 42,
    max_tokens = max_tokens,
    stop = { "<|im_end|>" }, -- Fix for not instructed models
  }

  local params = { method = "POST", body = json.encode(payload) }

  local start_time = now()
  local prompt_eval_end_time = nil
  local prompt_tokens = 0
  local completions_tokens = 0
  local finish_reason = nil
  local res = sse.open(server_url .. "/chat/completions", params, function(client)
    client:on("event", function(event)
      if prompt_eval_end_time == nil then
        prompt_eval_end_time = now()
        llm_emit_first_token_second:add(prompt_eval_end_time - start_time)
      end

      if event.data == "[DONE]" or event.data == "" then return end

      local chunk = json.decode(event.data, { nulls = false })

      if chunk.choices and #chunk.choices > 0 then
        local choice = chunk.choices[1]
        if choice.finish_reason then
          finish_reason = choice.finish_reason
        end
      end

      if chunk.usage then
        prompt_tokens = chunk.usage.prompt_tokens
        llm_prompt_tokens:add(prompt_tokens)
        llm_prompt_tokens_total_counter:add(prompt_tokens)

        completions_tokens = chunk.usage.completion_tokens
        llm_completion_tokens:add(completions_tokens)
        llm_completion_tokens_total_counter:add(completions_tokens)
      end
    end)

    client:on("error", function(e)
      print("An unexpected error occurred: ", e:error())
      error(e)
    end)
  end)

  check(res, { ["success completion"] = function(r) return r.status == 200 end })

  local end_time = now()

  local prompt_eval_time = prompt_eval_end_time - start_time
  if prompt_eval_time > 0 then
    llm_prompt_processing_second:add(prompt_tokens / prompt_eval_time)
  end

  local completion_time = end_time - prompt_eval_end_time
  if completions_tokens > 0 and completion_time > 0 then
    llm_tokens_second:add(completions_tokens / completion_time)
  end
  llm_completions_truncated_rate:add(finish_reason == "length")
  llm_completions_stop_rate:add(finish_reason == "stop")

  sleep(0.3)
end
