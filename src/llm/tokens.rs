//! A token count and its source.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where the number of completion tokens is from, best first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenSource {
    /// The server's `usage` for the whole reply.
    Usage,
    /// The `usage` of the last chunk that had one, when none came for the whole reply.
    ChunkUsage,
    /// The `timings` of llama.cpp.
    Timings,
    /// The server did not report it, so chunks with content were counted. A chunk may hold several tokens, or part of one.
    #[default]
    CountedChunks,
}

impl TokenSource {
    /// The stable word for this source.
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
    /// Tokens of the prompt, those from a cache included; `None` when the server did not say.
    pub prompt: Option<u64>,
    /// Tokens of the prompt that the server took from its cache.
    pub cached: Option<u64>,
    /// Tokens of the completion, of all choices together, reasoning included.
    pub completion: u64,
    /// Tokens of the completion that were reasoning.
    pub reasoning: Option<u64>,
    /// Where `completion` is from.
    pub source: TokenSource,
}

/// What the server measured itself, from `timings` (llama.cpp) or the last line (Ollama).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ServerTimings {
    /// Tokens of the prompt that were processed, without those from a cache.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the prompt that came from a cache.
    pub cached_tokens: Option<u64>,
    /// Seconds of processing the prompt.
    pub prompt_seconds: Option<f64>,
    /// Tokens of the completion.
    pub completion_tokens: Option<u64>,
    /// Seconds of making the completion.
    pub completion_seconds: Option<f64>,
}

impl ServerTimings {
    /// Nothing was measured.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.prompt_tokens.is_none()
            && self.prompt_seconds.is_none()
            && self.completion_tokens.is_none()
            && self.completion_seconds.is_none()
    }
}

/// What a `usage` says; all of it may be missing.
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

    /// Takes over what `newer` says.
    pub(super) fn update(&mut self, newer: Self) {
        self.prompt = newer.prompt.or(self.prompt);
        self.cached = newer.cached.or(self.cached);
        self.completion = newer.completion.or(self.completion);
        self.reasoning = newer.reasoning.or(self.reasoning);
    }
}
