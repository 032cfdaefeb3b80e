//! Definitions of latencies: by content, or as `vllm bench` has them.

use std::time::Duration;

use crate::llm::marks::Marks;

/// Which moments a latency is measured between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Definition {
    /// Chunks with content that is not empty count: the definitions of [`Reply`](crate::llm::Reply).
    #[default]
    Content,
    /// Chunks with a place for content count, as in `vllm bench serve`: the chunk that names the role is the first token, the
    /// chunk with the finish reason the last. For numbers that can be compared with those of that tool.
    Choices,
}

impl Definition {
    /// First and last moment.
    pub(super) fn span(self, marks: &Marks) -> Option<(Duration, Duration)> {
        let (first, last) = match self {
            Self::Content => (marks.first_fragment, marks.last_fragment),
            Self::Choices => (marks.first_chunk, marks.last_chunk),
        };
        first.zip(last)
    }
}
