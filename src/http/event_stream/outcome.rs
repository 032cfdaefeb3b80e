//! How a stream ended.

use std::time::Duration;

use bytes::Bytes;

use crate::http::error::Error;
use crate::spans::Phases;

/// The result of a stream, final when the stream has ended.
#[derive(Debug, Clone, Default)]
pub struct StreamOutcome {
    /// Why it failed; `None` if it ended properly, reached its bound, or was closed by its user.
    pub error: Option<Error>,
    /// The body of a response that is not an event stream, up to the limit.
    pub body: Option<Bytes>,
    /// Events delivered.
    pub events: u64,
    /// Comment lines delivered.
    pub comments: u64,
    /// Bytes of the stream's bodies, decoded.
    pub body_bytes: u64,
    /// Bytes read from sockets, over all connections and attempts.
    pub bytes_received: u64,
    /// Bytes written to sockets.
    pub bytes_sent: u64,
    /// Where the time went.
    pub timings: StreamTimings,
    /// Whether the first connection was reused.
    pub reused: bool,
    /// How often a request was resent because a reused connection had been closed.
    pub reconnects: u32,
    /// Redirects followed.
    pub redirects: u32,
    /// How often the stream reconnected or tried to.
    pub sse_reconnects: u32,
    /// The last event ID; empty without one.
    pub last_event_id: Vec<u8>,
}

/// The timings of a stream: the phases of its first connection, and what follows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamTimings {
    /// The phases up to the first byte of the response.
    pub phases: Phases,
    /// From the request's start to the moment at which the bytes that completed the first event were read.
    pub first_event: Option<Duration>,
    /// From the first byte of the response to the end of the stream.
    pub receiving: Duration,
    /// From the request's start to the end of the stream.
    pub duration: Duration,
}
