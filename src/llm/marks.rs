//! The times at which parts of a stream arrived.

use std::time::Duration;

/// When each part arrived, counted from the start of the request. What "the first token" means differs between tools, so
/// each meaning has its own mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// The first byte of the response, its head included.
    pub first_byte: Option<Duration>,
    /// The first event of any kind; comments are not events.
    pub first_event: Option<Duration>,
    /// The first chunk with a place for content, even an empty one: the chunk that only names a role counts. This is what
    /// `vllm bench` calls TTFT.
    pub first_chunk: Option<Duration>,
    /// The first chunk with content, reasoning or part of a tool call that is not empty: TTFT.
    pub first_fragment: Option<Duration>,
    /// The first chunk with content that is not reasoning: time to first output, TTFO.
    pub first_output: Option<Duration>,
    /// The last chunk with content, reasoning or part of a tool call that is not empty: the end of E2E.
    pub last_fragment: Option<Duration>,
    /// The last chunk with a place for content: where `vllm bench` ends E2EL. Chunks with only usage do not count.
    pub last_chunk: Option<Duration>,
    /// The event that ends the stream, such as `[DONE]`.
    pub done: Option<Duration>,
    /// The end of the response: the last byte was read, or reading failed.
    pub end: Duration,
}

impl Marks {
    /// An event that has a place for content.
    #[inline]
    pub(super) fn chunk(&mut self, at: Duration) {
        self.first_chunk.get_or_insert(at);
        self.last_chunk = Some(at);
    }
}
