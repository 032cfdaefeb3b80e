//! Token counts and their source.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The source of the number of completion tokens, in descending order of quality.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenSource {
    /// The server's `usage` for the whole reply.
    Usage,
    /// The last `usage` of a chunk, if there is none for the whole reply.
    ChunkUsage,
    /// The `timings` of llama.cpp.
    Timings,
    /// The number of chunks with content, because the server reported none. A chunk may contain several tokens, or part of one.
    #[default]
    CountedChunks,
}

impl TokenSource {
    /// The stable name of this source.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::ChunkUsage => "chunk_usage",
            Self::Timings => "timings",
            Self::CountedChunks => "counted_chunks",
        }
    }
}

impl fmt::Display for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The tokens of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Tokens of the prompt, including cached ones; `None` if the server did not report them.
    pub prompt: Option<u64>,
    /// Tokens of the prompt that the server took from its cache.
    pub cached: Option<u64>,
    /// Tokens of the completion, of all choices together, including reasoning.
    pub completion: u64,
    /// Tokens of the completion that were reasoning.
    pub reasoning: Option<u64>,
    /// The source of `completion`.
    pub source: TokenSource,
}

/// Measurements of the server, from `timings` (llama.cpp) or the last line (Ollama).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ServerTimings {
    /// Tokens of the prompt that were processed, without cached ones.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the prompt that came from a cache.
    pub cached_tokens: Option<u64>,
    /// Seconds for processing the prompt.
    pub prompt_seconds: Option<f64>,
    /// Tokens of the completion.
    pub completion_tokens: Option<u64>,
    /// Seconds for generating the completion.
    pub completion_seconds: Option<f64>,
}

impl ServerTimings {
    /// Whether nothing was measured.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.prompt_tokens.is_none()
            && self.prompt_seconds.is_none()
            && self.completion_tokens.is_none()
            && self.completion_seconds.is_none()
    }
}

/// The content of a `usage`; each count may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Usage {
    pub(super) prompt: Option<u64>,
    pub(super) cached: Option<u64>,
    pub(super) completion: Option<u64>,
    pub(super) reasoning: Option<u64>,
}

impl Usage {
    /// Whether it is empty.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.prompt.is_none() && self.completion.is_none()
    }

    /// Replaces the counts that `newer` contains.
    pub(super) fn update(&mut self, newer: Self) {
        self.prompt = newer.prompt.or(self.prompt);
        self.cached = newer.cached.or(self.cached);
        self.completion = newer.completion.or(self.completion);
        self.reasoning = newer.reasoning.or(self.reasoning);
    }
}
