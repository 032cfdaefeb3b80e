//! Chunks of `/v1/chat/completions` and `/v1/completions`, as OpenAI, vLLM, llama.cpp, SGLang, TGI and gateways write them.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::llm::tally::{Part, Tally};
use crate::llm::tokens;

use super::llama::Timings;
use super::value::{Count, ErrorText, Few};
use super::{Fragment, Malformed};

/// Reads a chunk. One without choices may bring `usage`, or something else that is of no interest, such as `sglext`.
pub(super) fn read<const KEEP: bool>(
    at: Duration,
    data: &[u8],
    tally: &mut Tally,
) -> Result<(), Malformed> {
    let chunk: Chunk<'_, KEEP> = serde_json::from_slice(data)?;
    if let Some(error) = chunk.error.0 {
        tally.error(error);
    } else if chunk.choices.is_empty()
        && let Some(error) = chunk.message.0
    {
        // Some servers write the fields of an error at the top.
        tally.error(error);
    }
    let timings = chunk.timings.map(Timings::into_server_timings);
    let usage = chunk.usage.map(Usage::into_usage);
    let tokens = usage
        .and_then(|usage| usage.completion)
        .or_else(|| timings.and_then(|timings| timings.completion_tokens));

    let mut is_last = chunk.choices.is_empty();
    if !is_last {
        tally.chunk(at);
    }
    for choice in chunk.choices {
        let index = choice.index.0.unwrap_or(0);
        let reply = tally.choice(index)?;
        if let Some(tokens) = tokens {
            reply.set_tokens(tokens);
        }
        let delta = choice.delta.unwrap_or_default();
        // Some servers send the same reasoning under both names.
        let reasoning = delta.reasoning_content.or(delta.reasoning);
        tally.fragment(at, index, Part::Reasoning, &reasoning)?;
        let content = delta.content.or(delta.refusal).or(choice.text);
        tally.fragment(at, index, Part::Content, &content)?;
        tally.fragment(
            at,
            index,
            Part::Tool,
            &delta.tool_calls.or(delta.function_call).0,
        )?;
        is_last |= tally.finish(index, choice.finish_reason.text())? && tally.has_one_choice();
    }

    if let Some(usage) = usage {
        tally.usage(usage, is_last);
    }
    if let Some(timings) = timings {
        tally.timings(timings);
    }
    Ok(())
}

#[derive(Deserialize)]
struct Chunk<'a, const KEEP: bool> {
    #[serde(borrow, default)]
    choices: Few<Choice<'a, KEEP>>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    timings: Option<Timings>,
    #[serde(default)]
    error: ErrorText,
    #[serde(default)]
    message: ErrorText,
}

#[derive(Deserialize)]
struct Choice<'a, const KEEP: bool> {
    #[serde(default)]
    index: Count,
    #[serde(borrow, default)]
    delta: Option<Delta<'a, KEEP>>,
    #[serde(borrow, default)]
    text: Fragment<'a, KEEP>,
    #[serde(borrow, default)]
    finish_reason: Fragment<'a, true>,
}

#[derive(Deserialize, Default)]
struct Delta<'a, const KEEP: bool> {
    #[serde(borrow, default)]
    content: Fragment<'a, KEEP>,
    #[serde(borrow, default)]
    reasoning_content: Fragment<'a, KEEP>,
    #[serde(borrow, default)]
    reasoning: Fragment<'a, KEEP>,
    #[serde(borrow, default)]
    refusal: Fragment<'a, KEEP>,
    #[serde(borrow, default)]
    tool_calls: ToolCalls<'a, KEEP>,
    #[serde(borrow, default)]
    function_call: ToolCalls<'a, KEEP>,
}

/// Tokens as OpenAI counts them.
#[derive(Deserialize, Clone, Copy)]
struct Usage {
    #[serde(default)]
    prompt_tokens: Count,
    #[serde(default)]
    completion_tokens: Count,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Deserialize, Clone, Copy)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Count,
}

#[derive(Deserialize, Clone, Copy)]
struct CompletionDetails {
    #[serde(default)]
    reasoning_tokens: Count,
}

impl Usage {
    fn into_usage(self) -> tokens::Usage {
        tokens::Usage {
            prompt: self.prompt_tokens.0,
            cached: self
                .prompt_tokens_details
                .and_then(|details| details.cached_tokens.0),
            completion: self.completion_tokens.0,
            reasoning: self
                .completion_tokens_details
                .and_then(|details| details.reasoning_tokens.0),
        }
    }
}

/// The tool calls of a delta, or one of them: something is there if a name or arguments are; the text is the arguments.
pub(super) struct ToolCalls<'a, const KEEP: bool>(pub(super) Fragment<'a, KEEP>);

impl<const KEEP: bool> ToolCalls<'_, KEEP> {
    fn or(self, other: Self) -> Self {
        Self(self.0.or(other.0))
    }
}

impl<const KEEP: bool> Default for ToolCalls<'_, KEEP> {
    #[inline]
    fn default() -> Self {
        Self(Fragment::default())
    }
}

impl<'de: 'a, 'a, const KEEP: bool> Deserialize<'de> for ToolCalls<'a, KEEP> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ToolVisitor::<KEEP>)
    }
}

struct ToolVisitor<const KEEP: bool>;

impl<'de, const KEEP: bool> Visitor<'de> for ToolVisitor<KEEP> {
    type Value = ToolCalls<'de, KEEP>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tool calls")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(ToolCalls::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut calls: A) -> Result<Self::Value, A::Error> {
        let mut whole = ToolCalls::default();
        while let Some(ToolCalls(call)) = calls.next_element()? {
            whole.0.append(call);
        }
        Ok(whole)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut call: A) -> Result<Self::Value, A::Error> {
        let mut whole = ToolCalls::default();
        while let Some(key) = call.next_key::<Cow<'de, str>>()? {
            match &*key {
                "function" => whole.0.append(call.next_value::<Self::Value>()?.0),
                "arguments" => whole.0.append(call.next_value()?),
                "name" => {
                    let name: Fragment<'_, false> = call.next_value()?;
                    whole.0.mark_present(!name.is_empty());
                }
                _ => {
                    call.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(whole)
    }
}
