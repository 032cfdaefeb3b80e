//! Chunks of llama.cpp's own `/completion`, and the `timings` it adds to everything.

use std::time::Duration;

use serde::Deserialize;

use crate::llm::tally::{Part, Tally};
use crate::llm::tokens::{ServerTimings, Usage};

use super::value::{Count, ErrorText};
use super::{Fragment, Malformed};

/// Reads a chunk: `content` and a running count of tokens, with `stop` at the end.
pub(super) fn read<const KEEP: bool>(
    at: Duration,
    data: &[u8],
    tally: &mut Tally,
) -> Result<(), Malformed> {
    let chunk: Chunk<'_, KEEP> = serde_json::from_slice(data)?;
    if let Some(error) = chunk.error.0 {
        tally.error(error);
        return Ok(());
    }
    let index = chunk.index.0.unwrap_or(0);
    tally.chunk(at);
    let reply = tally.choice(index)?;
    if let Some(tokens) = chunk.tokens_predicted.0 {
        reply.set_tokens(tokens);
    }
    tally.fragment(at, index, Part::Content, &chunk.content)?;
    let usage = Usage {
        prompt: chunk.tokens_evaluated.0,
        completion: chunk.tokens_predicted.0,
        ..Usage::default()
    };
    tally.usage(usage, chunk.stop);
    if let Some(timings) = chunk.timings {
        tally.timings(timings.into_server_timings());
    }
    if chunk.stop {
        let reason = if chunk.stop_type.is_empty() {
            "stop"
        } else {
            chunk.stop_type.text()
        };
        tally.finish(index, reason)?;
        tally.done(at);
    }
    Ok(())
}

#[derive(Deserialize)]
struct Chunk<'a, const KEEP: bool> {
    #[serde(default)]
    index: Count,
    #[serde(borrow, default)]
    content: Fragment<'a, KEEP>,
    #[serde(default)]
    stop: bool,
    #[serde(borrow, default)]
    stop_type: Fragment<'a, true>,
    #[serde(default)]
    tokens_predicted: Count,
    #[serde(default)]
    tokens_evaluated: Count,
    #[serde(default)]
    timings: Option<Timings>,
    #[serde(default)]
    error: ErrorText,
}

/// What llama.cpp measured: on the last chunk, or on each of them with `timings_per_token`.
#[derive(Deserialize, Clone, Copy)]
pub(super) struct Timings {
    #[serde(default)]
    cache_n: Count,
    #[serde(default)]
    prompt_n: Count,
    #[serde(default)]
    prompt_ms: Option<f64>,
    #[serde(default)]
    predicted_n: Count,
    #[serde(default)]
    predicted_ms: Option<f64>,
}

impl Timings {
    pub(super) fn into_server_timings(self) -> ServerTimings {
        ServerTimings {
            prompt_tokens: self.prompt_n.0,
            cached_tokens: self.cache_n.0,
            prompt_seconds: self.prompt_ms.map(|ms| ms / 1000.0),
            completion_tokens: self.predicted_n.0,
            completion_seconds: self.predicted_ms.map(|ms| ms / 1000.0),
        }
    }
}
