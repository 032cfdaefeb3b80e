//! Events of `OpenAI`'s `/v1/responses`.

use std::time::Duration;

use crate::llm::builder::{FragmentKind, ReplyBuilder};
use crate::llm::tokens;

use super::object::{self, object};
use super::usage::usage;
use super::value::Count;
use super::{ChunkText, ErrorText, MalformedChunk};

/// Reads an event. Its type is in the data, or else in its name; unknown types are ignored.
pub(super) fn read<const KEEP: bool>(
    at: Duration,
    name: &[u8],
    data: &[u8],
    builder: &mut ReplyBuilder,
) -> Result<(), MalformedChunk> {
    let event: Event<'_, KEEP> = object::parse(data)?;
    let kind = match event.kind.text() {
        "" => std::str::from_utf8(name).unwrap_or_default(),
        kind => kind,
    };
    if let Some(part) = part_of(kind) {
        builder.chunk(at);
        return builder.fragment(at, 0, part, &event.delta);
    }
    match kind {
        "response.created" | "response.in_progress" | "response.queued" => {
            builder.choice(0)?;
        }
        "response.output_item.added" => {
            builder.chunk(at);
            // The model generates the name of a tool as well as its arguments.
            builder.fragment(at, 0, FragmentKind::Tool, &event.item.name)?;
        }
        "response.completed" | "response.incomplete" | "response.cancelled" => {
            let response = event.response;
            if let Some(error) = response.error.0 {
                builder.error(error);
            }
            // Some servers report an incomplete reply as `completed`, so its reason takes precedence.
            let plain = kind.rsplit('.').next().unwrap_or_default();
            let reason = [
                response.incomplete_details.reason.text(),
                response.status.text(),
                plain,
            ];
            let reason = reason.into_iter().find(|reason| !reason.is_empty());
            builder.finish(0, reason.unwrap_or_default())?;
            builder.usage(response.usage.to_usage(), true);
            builder.done(at);
        }
        "response.failed" => {
            let error = event.response.error.0.or(event.error.0);
            builder.error(error.unwrap_or_else(|| "the response failed".to_owned()));
            builder.done(at);
        }
        "error" => {
            let error = event.error.0.or(event.message.0).or(event.code.0);
            builder.error(error.unwrap_or_else(|| "an error event without a message".to_owned()));
        }
        // Gateways send errors without a type.
        _ => {
            if let Some(error) = event.error.0 {
                builder.error(error);
            }
        }
    }
    Ok(())
}

/// The kind of a delta, by the type of its event in `OpenAI`'s reference.
fn part_of(kind: &str) -> Option<FragmentKind> {
    match kind.strip_prefix("response.")?.strip_suffix(".delta")? {
        "output_text" | "refusal" => Some(FragmentKind::Content),
        "reasoning" | "reasoning_text" | "reasoning_summary" | "reasoning_summary_text" => {
            Some(FragmentKind::Reasoning)
        }
        "function_call_arguments"
        | "mcp_call_arguments"
        | "mcp_call.arguments"
        | "custom_tool_call_input"
        | "code_interpreter_call_code"
        | "code_interpreter_call.code" => Some(FragmentKind::Tool),
        _ => None,
    }
}

object! {
    struct Event<'a, const KEEP: bool> {
        "type" => kind: ChunkText<'a, true>,
        "delta" => delta: ChunkText<'a, KEEP>,
        "response" => response: Response<'a>,
        "item" => item: Item<'a>,
        "error" => error: ErrorText,
        "message" => message: ErrorText,
        "code" => code: ErrorText,
    }
}

object! {
    struct Item<'a> {
        "name" => name: ChunkText<'a, false>,
    }
}

object! {
    struct Response<'a> {
        "status" => status: ChunkText<'a, true>,
        "incomplete_details" => incomplete_details: Incomplete<'a>,
        "error" => error: ErrorText,
        "usage" => usage: Usage,
    }
}

object! {
    struct Incomplete<'a> {
        "reason" => reason: ChunkText<'a, true>,
    }
}

usage!(
    "input_tokens",
    "input_tokens_details",
    "output_tokens",
    "output_tokens_details"
);
