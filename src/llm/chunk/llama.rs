//! Chunks of llama.cpp's `/completion`, and its `timings`.

use std::time::Duration;

use crate::llm::builder::{FragmentKind, ReplyBuilder};
use crate::llm::tokens::{ServerTimings, Usage};

use super::object::{self, object};
use super::value::{Count, Float, IsTrue};
use super::{ChunkText, ErrorText, MalformedChunk};

/// Reads a chunk: `content` and the number of tokens so far, with `stop` at the end.
pub(super) fn read<const KEEP: bool>(
    at: Duration,
    data: &[u8],
    builder: &mut ReplyBuilder,
) -> Result<(), MalformedChunk> {
    let chunk: Chunk<'_, KEEP> = object::parse(data)?;
    if let Some(error) = chunk.error.0 {
        builder.error(error);
        return Ok(());
    }
    let index = chunk.index.0.unwrap_or(0);
    builder.chunk(at);
    let reply = builder.choice(index)?;
    reply.tokens = chunk.tokens_predicted.0.or(reply.tokens);
    builder.fragment(at, index, FragmentKind::Content, &chunk.content)?;
    let usage = Usage {
        prompt: chunk.tokens_evaluated.0,
        completion: chunk.tokens_predicted.0,
        ..Usage::default()
    };
    builder.usage(usage, chunk.stop.0);
    builder.timings(chunk.timings.to_server_timings());
    if chunk.stop.0 {
        builder.finish(index, chunk.stop_type.text_or("stop"))?;
        builder.done(at);
    }
    Ok(())
}

object! {
    struct Chunk<'a, const KEEP: bool> {
        "index" => index: Count,
        "content" => content: ChunkText<'a, KEEP>,
        "stop" => stop: IsTrue,
        "stop_type" => stop_type: ChunkText<'a, true>,
        "tokens_predicted" => tokens_predicted: Count,
        "tokens_evaluated" => tokens_evaluated: Count,
        "timings" => timings: LlamaTimings,
        "error" => error: ErrorText,
    }
}

object! {
    /// The measurements of llama.cpp, in the last chunk, or in each one with `timings_per_token`.
    pub(super) struct LlamaTimings {
        "cache_n" => cache_n: Count,
        "prompt_n" => prompt_n: Count,
        "prompt_ms" => prompt_ms: Float,
        "predicted_n" => predicted_n: Count,
        "predicted_ms" => predicted_ms: Float,
    }
}

impl LlamaTimings {
    pub(super) fn to_server_timings(&self) -> ServerTimings {
        ServerTimings {
            prompt_tokens: self.prompt_n.0,
            cached_tokens: self.cache_n.0,
            prompt_seconds: self.prompt_ms.0.map(|ms| ms / 1000.0),
            completion_tokens: self.predicted_n.0,
            completion_seconds: self.predicted_ms.0.map(|ms| ms / 1000.0),
        }
    }
}
