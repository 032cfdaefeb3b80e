-- `llm.chat` and the other functions. Without `on_token`, Lua waits for the whole reply; with it, Lua takes fragments one by
-- one.

local native, base = ...

local error = error
local can_wait, wait, guarded = base.can_wait, base.wait, base.guarded_callback

-- The callback's name in tracebacks.
local NAMES = { at = "on_token" }

local function wait_for_news(stream)
  native.begin_wait(stream)
  wait()
end

local function listen(stream, on_token)
  while true do
    local text, time, part = native.next(stream)
    if text then
      if on_token(text, time, part) == false then return native.close(stream) end
    elseif native.ended(stream) then
      return
    else
      wait_for_news(stream)
    end
  end
end

local llm = { prompts = native.prompts, image = native.image }

-- An iterator over the requests of a session: each when it is due, with its lateness in seconds.
function llm.trace(params)
  local trace, starts, requests = native.trace(params)
  local function session(_, number)
    can_wait("trace:session")
    local turns = native.session(trace, number)
    return function()
      if native.begin_turn(turns) then return wait() end
    end
  end
  return { starts = starts, requests = requests, session = session }
end

function llm.embed(params)
  can_wait("llm.embed")
  native.begin_embed(params)
  return wait()
end

function llm.rerank(params)
  can_wait("llm.rerank")
  native.begin_rerank(params)
  return wait()
end

function llm.chat(params)
  can_wait("llm.chat")
  local chat, on_token = native.chat(params)
  if not on_token then
    native.begin(chat)
    return wait()
  end
  local stream = native.start(chat)
  local ok, failure = guarded(NAMES, listen, stream, on_token)
  if not ok then native.close(stream) end
  while not native.ended(stream) do wait_for_news(stream) end
  if not ok then error(failure, 0) end
  return native.result(stream)
end

return llm
