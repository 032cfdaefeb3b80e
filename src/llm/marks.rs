//! The times at which parts of a stream arrived.

use std::time::Duration;

/// The time of each part, from the start of the request. Tools differ in what they call "the first token", so each meaning
/// has its own field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// The first byte of the response, including its head.
    pub first_byte: Option<Duration>,
    /// The first event of any kind; comments are not events.
    pub first_event: Option<Duration>,
    /// The first chunk with a place for content, even if it is empty, such as a chunk with only a role. This is the TTFT of
    /// `vllm bench`.
    pub first_chunk: Option<Duration>,
    /// The first chunk with non-empty content, reasoning or part of a tool call: TTFT.
    pub first_fragment: Option<Duration>,
    /// The first chunk with content that is not reasoning: time to first output, TTFO.
    pub first_output: Option<Duration>,
    /// The last chunk with non-empty content, reasoning or part of a tool call: the end of E2E.
    pub last_fragment: Option<Duration>,
    /// The event that ends the stream, such as `[DONE]`.
    pub done: Option<Duration>,
    /// The end of the response: the last byte was read, or reading failed.
    pub end: Duration,
}
