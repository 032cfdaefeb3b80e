---@meta ssel.llm

---Conversations with language models, and prompts for them.
---@class llm
llm = {}

---Sends a request to a model and reads its streamed reply. Waits. Errors of the network or the model are in `result.error`.
---@param params llm.params
---@return llm.result
function llm.chat(params) end

---Prompts that all VUs share, read or generated once per process. In the init stage only.
---@param params llm.prompts.params
---@return llm.prompt[]
function llm.prompts(params) end

---Requests the embeddings of texts. Waits.
---@param params llm.embed.params
---@return llm.scores
function llm.embed(params) end

---Requests the ranking of documents for a query. Waits.
---@param params llm.rerank.params
---@return llm.scores
function llm.rerank(params) end

---@class (exact) llm.embed.params: llm.score.params
---@field input string[]|string

---@class (exact) llm.rerank.params: llm.score.params
---@field query string
---@field documents string[]

---@class llm.score.params
---@field url string a server's root, its root with /v1, or a complete endpoint
---@field model? string
---@field bearer? string the API key
---@field headers? table<string, string|number|(string|number)[]>
---@field extra? table fields to add to the body of the request
---@field timeout? ssel.duration limit for the whole; default 10 m
---@field connect_timeout? ssel.duration limit for lookup, connection and TLS; default 30 s
---@field tags? ssel.tags tags of all samples
---@field jar? boolean|http.jar
---@field measure? boolean false: record no metrics

---@class llm.scores
---@field status integer 0 without an answer
---@field duration number seconds
---@field items? integer of a successful answer
---@field prompt_tokens? integer
---@field error? { kind: string, message: string }

---An image from a file, which is read in the init stage, or from a URL.
---@param place string
---@return llm.image
function llm.image(place) end

---@class llm.image

---A production trace, read once per process. In the init stage only.
---@param params llm.trace.params
---@return llm.trace
function llm.trace(params) end

---@class (exact) llm.trace.params
---@field mooncake? string JSON lines in Mooncake's format
---@field bailian? string JSON lines in Bailian's format
---@field azure? string a CSV file in Azure's format
---@field burstgpt? string a CSV file in BurstGPT's format
---@field speed? number speed factor; default 1
---@field count? integer only the first N requests
---@field duration? ssel.duration only requests before this time of the replay
---@field block_size? integer tokens per block of hash_ids
---@field seed? integer determines the generated words

---@class llm.trace
---@field starts number[] when sessions start, in seconds, for `data` of a scenario of the executor replay
---@field requests integer
local trace = {}

---Iterates over the requests of a session. Waits until each is due; the number is its delay in seconds.
---@param number integer from 0: exec.scenario.start_in_test
---@return fun(): llm.prompt?, number?
function trace:session(number) end

---@class (exact) llm.params
---@field url string a server's root, its root with /v1, or a complete endpoint
---@field model? string
---@field prompt? string text of the user's message; give either this or messages
---@field messages? table[] a conversation in OpenAI's format
---@field images? (llm.image|string)[] images to append to the last user message; a string is a URL
---@field max_tokens? integer maximum number of tokens of the reply
---@field api? "chat"|"completions"|"anthropic"|"responses"|"ollama"|"gemini"|"llama" API to use; default: inferred from the URL path, else "chat"
---@field dialect? string old name of `api`
---@field bearer? string the API key, sent in the header that the API uses
---@field headers? table<string, string|number|(string|number)[]>
---@field extra? table fields to merge into the body of the request; json.null removes a field
---@field temperature? number
---@field seed? integer
---@field ignore_eos? boolean continue to max_tokens even if the model ends earlier
---@field usage? "last"|"every_chunk"|"none" token counts to request from the server; default "last"
---@field prompt_tokens? integer the length of the prompt, for servers that do not report it
---@field turn? integer number of the question in its conversation, from 1
---@field schedule_delay? ssel.duration delay relative to its planned time; default: that of the iteration
---@field timeout? ssel.duration limit for the whole; default 10 m
---@field stall_timeout? ssel.duration limit for the time between two events, not counting keep-alives
---@field cancel_after? ssel.duration cancel the reply and close the connection after this time, unless the reply has ended; counted in llm_cancelled instead of as a failure
---@field connect_timeout? ssel.duration limit for lookup, connection and TLS; default 30 s
---@field goodput? llm.goodput objectives of a good reply
---@field tags? ssel.tags tags of all samples
---@field jar? boolean|http.jar false: no cookies; default true, those of the VU
---@field text? boolean false: discard the text
---@field measure? boolean false: record no metrics
---@field on_token? fun(text: string, time: number, part: "content"|"reasoning"|"tool"): boolean? called for each fragment; false ends the reply

---Upper limits; a reply counts as good if it meets all of them.
---@class (exact) llm.goodput
---@field ttft? ssel.duration
---@field ttfo? ssel.duration
---@field tpot? ssel.duration
---@field itl? ssel.duration for the longest gap
---@field e2e? ssel.duration

---Times are seconds since the request's start.
---@class llm.result
---@field url string the URL that answered
---@field status integer 0 without an answer
---@field headers table<string, string> by lower-case name; looked up in any case
---@field proto? string e.g. "HTTP/1.1"
---@field remote_ip? string
---@field error? sse.error nil if every choice has a finish reason and the stream ended properly
---@field body? string body of an answer that is not a stream, up to 64 KiB
---@field model? string as requested
---@field text? string of the first choice; nil with text = false
---@field reasoning? string of the first choice
---@field finish_reason? string of the first choice, as given by the server
---@field done boolean whether the stream ended properly
---@field chunks integer chunks with content, reasoning or part of a tool call
---@field bunched boolean its first read contained so much of it that the time between tokens cannot be measured; tpot is nil
---@field prompt_tokens? integer
---@field prompt_tokens_from? "server"|"estimate" source of the number; an estimate is the given prompt_tokens
---@field cached_tokens? integer of the prompt, from the server's cache
---@field completion_tokens integer
---@field reasoning_tokens? integer
---@field token_source "usage"|"chunk_usage"|"timings"|"counted_chunks" who counted the tokens of the completion
---@field tokens_per_second? number completion_tokens / e2e
---@field ttfb? number the first byte of the answer
---@field first_chunk? number the first chunk with a content field, even an empty one
---@field ttft? number the first chunk with content, reasoning or part of a tool call
---@field ttfo? number the first chunk with content after the reasoning
---@field tpot? number time per output token after the first
---@field e2e? number the last chunk with content
---@field itl number[] the gaps between chunks
---@field timings http.timings
---@field server? llm.server the server's own measurements

---@class llm.server
---@field prompt_tokens? integer excluding cached ones
---@field cached_tokens? integer
---@field prompt_seconds? number
---@field completion_tokens? integer
---@field completion_seconds? number

---@class (exact) llm.prompts.params
---@field sharegpt? string a file in the format of ShareGPT
---@field jsonl? string a file with one object per line: prompt or messages, and output_tokens
---@field random? llm.prompts.random generated prompts
---@field count? integer number of prompts; default 1000, for jsonl all
---@field seed? integer draws prompts at random; without it, the first ones are taken
---@field salt? string put before each prompt, so that no server has the prompt in its cache
---@field output_len? integer|string max_tokens of every prompt, or their distribution
---@field turns? integer|string questions per conversation; for sharegpt the maximum, or "all"
---@field max_prompt_tokens? integer for sharegpt: longer ones are skipped; default 1024
---@field max_total_tokens? integer for sharegpt: prompts that exceed this together with their answer are skipped; default 2048

---@class (exact) llm.prompts.random
---@field input_len integer|string words per prompt, or their distribution such as "512±20%"
---@field range? number from 0 to 1: lengths vary by this share in both directions; default 0
---@field prefix_len? integer words shared by the prompts of a group
---@field prefixes? integer number of groups; default 1
---@field tokens_per_word? number tokens of a word; default 1
---@field added_tokens? integer tokens that the server adds to a prompt
---@field avoid? string[] words to avoid

---Fields for `llm.chat`.
---@class llm.prompt
---@field prompt? string
---@field messages? table[]
---@field prompt_tokens integer estimated number of tokens
---@field turns? llm.prompt[] the questions of a conversation
---@field max_tokens? integer length of the reference answer, or output_len
