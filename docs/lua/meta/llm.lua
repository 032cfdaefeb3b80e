---@meta ssel.llm

---Conversations with language models, and prompts for them.
---@class llm
llm = {}

---Asks a model and reads its streamed reply. Waits. What the network or the model does wrong is `result.error`.
---@param params llm.params
---@return llm.result
function llm.chat(params) end

---Prompts that all VUs share, read or made once per process. In the init stage only.
---@param params llm.prompts.params
---@return llm.prompt[]
function llm.prompts(params) end

---Vectors of texts. Waits.
---@param params llm.embed.params
---@return llm.scores
function llm.embed(params) end

---The order of documents by a query. Waits.
---@param params llm.rerank.params
---@return llm.scores
function llm.rerank(params) end

---@class (exact) llm.embed.params: llm.score.params
---@field input string[]|string

---@class (exact) llm.rerank.params: llm.score.params
---@field query string
---@field documents string[]

---@class llm.score.params
---@field url string a server's root, its root with /v1, or a whole endpoint
---@field model? string
---@field bearer? string the key
---@field headers? table<string, string|number|(string|number)[]>
---@field extra? table more for the body of the request
---@field timeout? ssel.duration limit for the whole; default 10 m
---@field connect_timeout? ssel.duration limit for lookup, connection and TLS; default 30 s
---@field tags? ssel.tags tags of all samples
---@field jar? boolean|http.jar
---@field measure? boolean false: no trace in the metrics

---@class llm.scores
---@field status integer 0 without an answer
---@field duration number seconds
---@field items? integer in an answer that went well
---@field prompt_tokens? integer
---@field error? { kind: string, message: string }

---An image from a file, read in the init stage, or by its URL.
---@param place string
---@return llm.image
function llm.image(place) end

---@class llm.image

---A trace of production, read once per process. In the init stage only.
---@param params llm.trace.params
---@return llm.trace
function llm.trace(params) end

---@class (exact) llm.trace.params
---@field mooncake? string lines of JSON as Mooncake has them
---@field bailian? string lines of JSON as Bailian has them
---@field azure? string a CSV file as Azure has it
---@field burstgpt? string a CSV file as BurstGPT has it
---@field speed? number how many times as fast; default 1
---@field count? integer the first so many requests
---@field duration? ssel.duration the requests before this time of the replay
---@field block_size? integer tokens of a block of hash_ids
---@field seed? integer which words texts are made of

---@class llm.trace
---@field starts number[] when sessions start, in seconds, for `data` of a scenario of the executor replay
---@field requests integer
local trace = {}

---Goes over the requests of a session. Waits for each to be due; the number says how late it is, in seconds.
---@param number integer from 0: exec.scenario.start_in_test
---@return fun(): llm.prompt?, number?
function trace:session(number) end

---@class (exact) llm.params
---@field url string a server's root, its root with /v1, or a whole endpoint
---@field model? string
---@field prompt? string what the user says; either this or messages
---@field messages? table[] a conversation, as OpenAI writes it
---@field images? (llm.image|string)[] behind what the user says last; a string is a URL
---@field max_tokens? integer the most tokens of the reply
---@field dialect? "chat"|"completions"|"anthropic"|"responses"|"ollama"|"gemini"|"llama" default: as the URL says, else "chat"
---@field bearer? string the key, sent in the header where the dialect wants it
---@field headers? table<string, string|number|(string|number)[]>
---@field extra? table more for the body of the request; json.null takes a field away
---@field temperature? number
---@field seed? integer
---@field ignore_eos? boolean go on to max_tokens whatever the model says
---@field usage? "last"|"every_chunk"|"none" the token counts that the server is asked for; default "last"
---@field prompt_tokens? integer the length of the prompt, for servers that do not say
---@field turn? integer which question of its conversation it is, from 1
---@field schedule_delay? ssel.duration how late it is for its planned time; default: as late as the iteration
---@field timeout? ssel.duration limit for the whole; default 10 m
---@field stall_timeout? ssel.duration limit for the silence between two events, keep-alives aside
---@field cancel_after? ssel.duration when the reply is given up and the connection closed, unless it is over: counted in llm_cancelled, and no failure
---@field connect_timeout? ssel.duration limit for lookup, connection and TLS; default 30 s
---@field goodput? llm.goodput objectives of a good reply
---@field tags? ssel.tags tags of all samples
---@field jar? boolean|http.jar false: no cookies; default true, those of the VU
---@field text? boolean false: the text is not kept
---@field measure? boolean false: no trace in the metrics
---@field on_token? fun(text: string, time: number, part: "content"|"reasoning"|"tool"): boolean? called for each piece; false ends the reply

---Upper limits; a reply is good if it meets all that are given.
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
---@field error? sse.error nil if every choice has a finish reason and the stream its proper end
---@field body? string of an answer that is no stream, up to 64 KiB
---@field model? string as it was asked for
---@field text? string of the first choice; nil with text = false
---@field reasoning? string of the first choice
---@field finish_reason? string of the first choice, in the server's word
---@field done boolean a proper end was seen
---@field chunks integer chunks with content, reasoning or part of a tool call
---@field bunched boolean so much of it came in its first read that it shows no time between tokens: it has no tpot
---@field prompt_tokens? integer
---@field prompt_tokens_from? "server"|"estimate" who says so; an estimate is the prompt_tokens that was given
---@field cached_tokens? integer of the prompt, from the server's cache
---@field completion_tokens integer
---@field reasoning_tokens? integer
---@field token_source "usage"|"chunk_usage"|"timings"|"counted_chunks" who counted the tokens of the completion
---@field tokens_per_second? number completion_tokens / e2e
---@field ttfb? number the first byte of the answer
---@field first_chunk? number the first chunk with a place for content, even an empty one
---@field ttft? number the first chunk with content, reasoning or part of a tool call
---@field ttfo? number the first chunk with content that is no reasoning
---@field tpot? number time per output token after the first
---@field e2e? number the last chunk with content
---@field itl number[] the gaps between chunks
---@field timings http.timings
---@field server? llm.server what the server measured itself

---@class llm.server
---@field prompt_tokens? integer those from a cache left out
---@field cached_tokens? integer
---@field prompt_seconds? number
---@field completion_tokens? integer
---@field completion_seconds? number

---@class (exact) llm.prompts.params
---@field sharegpt? string a file in the format of ShareGPT
---@field jsonl? string a file with an object a line: prompt or messages, and output_tokens
---@field random? llm.prompts.random made up
---@field count? integer how many; default 1000, of jsonl all
---@field seed? integer draws at random; without it, the first ones
---@field salt? string put before each prompt, so that no server has it in its cache
---@field output_len? integer|string max_tokens of every prompt, or their spread
---@field turns? integer|string questions of a conversation; of sharegpt the most, or "all"
---@field max_prompt_tokens? integer of sharegpt: longer ones are left out; default 1024
---@field max_total_tokens? integer of sharegpt: prompts longer than this with their answer are left out; default 2048

---@class (exact) llm.prompts.random
---@field input_len integer|string words of a prompt, or their spread such as "512±20%"
---@field range? number from 0 to 1: lengths differ by so much, both ways; default 0
---@field prefix_len? integer words that the prompts of a group share
---@field prefixes? integer groups; default 1
---@field tokens_per_word? number default 1
---@field added_tokens? integer tokens that the server adds to a prompt
---@field avoid? string[] words that are not used

---What `llm.chat` takes.
---@class llm.prompt
---@field prompt? string
---@field messages? table[]
---@field prompt_tokens integer about how many
---@field turns? llm.prompt[] the questions of a conversation
---@field max_tokens? integer as many as the reference answer has, or output_len
