//! The options of a stream.

use std::time::{Duration, Instant};

use crate::http::error::{Error, ErrorKind};
use crate::http::limit::Limit;
use crate::http::limits::{Limits, Passed};
use crate::sse::DEFAULT_MAX_EVENT_BYTES;
use crate::units::format_duration;

/// Options of one event stream. By default, it has no time limits and does not reconnect.
#[derive(Debug, Clone)]
pub struct StreamOptions {
    /// The limit for the whole stream; exceeding it is an error. Replaces
    /// [`Request::timeout`](crate::http::Request::timeout).
    pub timeout: Option<Duration>,
    /// The limit from the request to the first event.
    pub first_event_timeout: Option<Duration>,
    /// The limit between two events, and from the response to the first event unless `first_event_timeout` is set.
    /// Comments do not extend it. Time in which the caller does not read does not count.
    pub idle_timeout: Option<Duration>,
    /// Ends the stream successfully after this many events; 0 ends it when it opens.
    pub max_events: Option<u64>,
    /// Ends the stream successfully this long after the request. Exceeding it before the response is an error.
    pub max_duration: Option<Duration>,
    /// The largest size of an event.
    pub max_event_bytes: usize,
    /// Reconnects like a browser's `EventSource`.
    pub reconnect: Option<Reconnect>,
    /// How much of a body is kept if the response is not an event stream.
    pub max_body_bytes: usize,
}

impl StreamOptions {
    /// The limits of a stream whose request starts at `start`.
    pub(super) fn limits(&self, start: Instant) -> Limits {
        let limit = |name, length: Option<Duration>| Limit::new(name, length?, start);
        let mut limits = Limits::none(start);
        limits.timeout = limit("timeout", self.timeout);
        limits.enough = limit("max_duration", self.max_duration);
        limits.first = limit("first_event_timeout", self.first_event_timeout);
        limits.idle = self.idle_timeout.map(|length| ("idle_timeout", length));
        limits
    }
}

/// The error of a passed limit; `None` for the limit that ends a stream successfully.
pub(super) fn error_of(passed: Passed) -> Option<Error> {
    match passed {
        Passed::Enough => None,
        Passed::Idle(limit) => {
            let length = format_duration(limit.length);
            Some(limit.error(&format!("no event for {length}")))
        }
        Passed::Timeout(limit) => Some(limit.error("the stream was still open")),
        Passed::First(limit) => Some(limit.error("no event since the request")),
    }
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self {
            timeout: None,
            first_event_timeout: None,
            idle_timeout: None,
            max_events: None,
            max_duration: None,
            max_event_bytes: DEFAULT_MAX_EVENT_BYTES,
            reconnect: None,
            max_body_bytes: 64 * 1024,
        }
    }
}

/// Reconnects like the WHATWG's `EventSource`: after the end of the stream or a network failure, after the pause set by
/// `retry`, with `Last-Event-ID`. A response that is not an event stream is an error, and status 204 ends the stream
/// successfully.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconnect {
    /// The most reconnects; `None` for no limit.
    pub max: Option<u32>,
}

/// The pause before a reconnect, unless the server sets another.
pub(super) const DEFAULT_RETRY: Duration = Duration::from_secs(3);

/// The least pause after a failed attempt, so that `retry: 0` and a dead server do not cause a request storm.
pub(super) const MIN_RETRY_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Whether another attempt may succeed after this kind of error.
pub(super) fn is_worth_another_try(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Dns
        | ErrorKind::Connect
        | ErrorKind::Client
        | ErrorKind::Proxy
        | ErrorKind::Tls
        | ErrorKind::Timeout
        | ErrorKind::Reset
        | ErrorKind::Truncated
        | ErrorKind::Protocol => true,
        ErrorKind::Url
        | ErrorKind::Request
        | ErrorKind::Redirect
        | ErrorKind::Status
        | ErrorKind::ContentType
        | ErrorKind::TooLarge
        | ErrorKind::Encoding
        | ErrorKind::Interrupted => false,
    }
}
