//! Chunks of `/v1/chat/completions` and `/v1/completions`, as `OpenAI`, vLLM, llama.cpp, `SGLang`, TGI and gateways write them.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::llm::builder::{FragmentKind, ReplyBuilder};
use crate::llm::tokens;

use super::llama::LlamaTimings;
use super::object::{self, Fill, as_nothing, object};
use super::usage::usage;
use super::value::{Count, Few};
use super::{ChunkText, ErrorText, MalformedChunk};

/// Reads a chunk. A chunk without choices may contain `usage`, or fields that are ignored, such as `sglext`.
pub(super) fn read<const KEEP: bool>(
    at: Duration,
    data: &[u8],
    builder: &mut ReplyBuilder,
) -> Result<(), MalformedChunk> {
    let mut chunk: Chunk<'_, KEEP> = object::parse(data)?;
    if let Some(error) = chunk.error.0.take() {
        builder.error(error);
    } else if chunk.choices.is_empty()
        && let Some(error) = chunk.message.0.take()
    {
        // Some servers write the fields of an error at the top level.
        builder.error(error);
    }
    let usage = chunk.usage.to_usage();
    let timings = chunk.timings.to_server_timings();
    let tokens = usage.completion.or(timings.completion_tokens);

    let mut is_last = chunk.choices.is_empty();
    if !is_last {
        builder.chunk(at);
    }
    for choice in chunk.choices.iter_mut() {
        let index = choice.index.0.unwrap_or(0);
        let reply = builder.choice(index)?;
        reply.tokens = tokens.or(reply.tokens);
        let delta = &choice.delta;
        // Some servers send the same reasoning under both names.
        let reasoning = delta.reasoning_content.or(&delta.reasoning);
        builder.fragment(at, index, FragmentKind::Reasoning, reasoning)?;
        let content = delta.content.or(&delta.refusal).or(&choice.text);
        builder.fragment(at, index, FragmentKind::Content, content)?;
        let call = delta.tool_calls.0.or(&delta.function_call.0);
        builder.fragment(at, index, FragmentKind::Tool, call)?;
        is_last |=
            builder.finish(index, choice.finish_reason.text())? && builder.choices.len() == 1;
    }
    builder.usage(usage, is_last);
    builder.timings(timings);
    Ok(())
}

object! {
    struct Chunk<'a, const KEEP: bool> {
        "choices" => choices: Few<Choice<'a, KEEP>>,
        "usage" => usage: Usage,
        "timings" => timings: LlamaTimings,
        "error" => error: ErrorText,
        "message" => message: ErrorText,
    }
}

object! {
    struct Choice<'a, const KEEP: bool> {
        "index" => index: Count,
        "delta" => delta: Delta<'a, KEEP>,
        "text" => text: ChunkText<'a, KEEP>,
        "finish_reason" => finish_reason: ChunkText<'a, true>,
    }
}

object! {
    struct Delta<'a, const KEEP: bool> {
        "content" => content: ChunkText<'a, KEEP>,
        "reasoning_content" => reasoning_content: ChunkText<'a, KEEP>,
        "reasoning" => reasoning: ChunkText<'a, KEEP>,
        "refusal" => refusal: ChunkText<'a, KEEP>,
        "tool_calls" => tool_calls: ToolCalls<'a, KEEP>,
        "function_call" => function_call: ToolCalls<'a, KEEP>,
    }
}

usage!(
    "prompt_tokens",
    "prompt_tokens_details",
    "completion_tokens",
    "completion_tokens_details"
);

/// The tool calls of a delta, or one of them: non-empty if there is a name or arguments; the text is that of the arguments.
#[derive(Default)]
pub(super) struct ToolCalls<'a, const KEEP: bool>(pub(super) ChunkText<'a, KEEP>);

impl<'de: 'a, 'a, const KEEP: bool> Deserialize<'de> for ToolCalls<'a, KEEP> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ToolVisitor::<KEEP>)
    }
}

impl<'de: 'a, 'a, const KEEP: bool> Fill<'de> for ToolCalls<'a, KEEP> {
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        *self = Self::deserialize(deserializer)?;
        Ok(())
    }
}

struct ToolVisitor<const KEEP: bool>;

impl<'de, const KEEP: bool> Visitor<'de> for ToolVisitor<KEEP> {
    type Value = ToolCalls<'de, KEEP>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tool calls")
    }

    as_nothing!(null bool number text);

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
                    let name: ChunkText<'_, false> = call.next_value()?;
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
