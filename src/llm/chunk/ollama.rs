//! Lines of Ollama's `/api/chat` and `/api/generate`.

use std::time::Duration;

use crate::llm::builder::{FragmentKind, ReplyBuilder};
use crate::llm::tokens::{ServerTimings, Usage};

use super::object::{self, object};
use super::openai::ToolCalls;
use super::value::{Count, IsTrue};
use super::{ChunkText, ErrorText, MalformedChunk};

/// Reads a line. The line with `done` has the counts.
pub(super) fn read<const KEEP: bool>(
    at: Duration,
    data: &[u8],
    builder: &mut ReplyBuilder,
) -> Result<(), MalformedChunk> {
    let line: Line<'_, KEEP> = object::parse(data)?;
    if let Some(error) = line.error.0 {
        builder.error(error);
        return Ok(());
    }
    builder.chunk(at);
    builder.choice(0)?;
    let message = &line.message;
    builder.fragment(
        at,
        0,
        FragmentKind::Reasoning,
        message.thinking.or(&line.thinking),
    )?;
    builder.fragment(
        at,
        0,
        FragmentKind::Content,
        message.content.or(&line.response),
    )?;
    builder.fragment(at, 0, FragmentKind::Tool, &message.tool_calls.0)?;
    if line.done.0 {
        let usage = Usage {
            prompt: line.prompt_eval_count.0,
            completion: line.eval_count.0,
            ..Usage::default()
        };
        builder.usage(usage, true);
        let seconds = |nanos: Count| nanos.0.map(|nanos| nanos as f64 / 1e9);
        builder.timings(ServerTimings {
            prompt_tokens: line.prompt_eval_count.0,
            cached_tokens: None,
            prompt_seconds: seconds(line.prompt_eval_duration),
            completion_tokens: line.eval_count.0,
            completion_seconds: seconds(line.eval_duration),
        });
        builder.finish(0, line.done_reason.text_or("stop"))?;
        builder.done(at);
    }
    Ok(())
}

object! {
    struct Line<'a, const KEEP: bool> {
        "message" => message: Message<'a, KEEP>,
        "response" => response: ChunkText<'a, KEEP>,
        "thinking" => thinking: ChunkText<'a, KEEP>,
        "done" => done: IsTrue,
        "done_reason" => done_reason: ChunkText<'a, true>,
        "prompt_eval_count" => prompt_eval_count: Count,
        "prompt_eval_duration" => prompt_eval_duration: Count,
        "eval_count" => eval_count: Count,
        "eval_duration" => eval_duration: Count,
        "error" => error: ErrorText,
    }
}

object! {
    struct Message<'a, const KEEP: bool> {
        "content" => content: ChunkText<'a, KEEP>,
        "thinking" => thinking: ChunkText<'a, KEEP>,
        "tool_calls" => tool_calls: ToolCalls<'a, KEEP>,
    }
}
