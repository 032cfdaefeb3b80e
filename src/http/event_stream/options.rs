//! The options of a stream.

use std::time::{Duration, Instant};

use crate::http::error::{Error, ErrorKind};
use crate::http::limit::Limit;
use crate::http::limits::{Limits, Passed};
use crate::sse::DEFAULT_MAX_EVENT_BYTES;
use crate::units::format_duration;

/// Limits and habits of one event stream. The default has no limit on time and does not reconnect.
#[derive(Debug, Clone)]
pub struct StreamOptions {
    /// For the whole stream, from the request on; passing it is an error. Used in place of
    /// [`Request::timeout`](crate::http::Request::timeout).
    pub timeout: Option<Duration>,
    /// From the request to the first event.
    pub first_event_timeout: Option<Duration>,
    /// Between two events, and from the response to the first one unless `first_event_timeout` is set. Comments do not
    /// extend it. Time in which nobody asked for the next event does not count.
    pub idle_timeout: Option<Duration>,
    /// The stream ends well after this many events; 0 ends it when it opens.
    pub max_events: Option<u64>,
    /// The stream ends well after this time from the request on. Passing it before the response is an error.
    pub max_duration: Option<Duration>,
    /// The largest event.
    pub max_event_bytes: usize,
    /// Reconnect as a browser's `EventSource` does.
    pub reconnect: Option<Reconnect>,
    /// How much is kept of the body of a response that is not an event stream.
    pub max_body_bytes: usize,
}

impl StreamOptions {
    /// The limits of a stream whose request begins at `start`.
    pub(super) fn limits(&self, start: Instant) -> Limits {
        let limit = |name, length: Option<Duration>| Limit::new(name, length?, start);
        Limits::none(start)
            .with_timeout(limit("timeout", self.timeout))
            .with_enough(limit("max_duration", self.max_duration))
            .with_first(limit("first_event_timeout", self.first_event_timeout))
            .with_idle("idle_timeout", self.idle_timeout)
    }
}

/// The error that a passed limit is; `None` for the one that ends a stream well.
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

/// Reconnecting as the WHATWG's `EventSource`: after the stream ended or the network failed, after the pause the server
/// asked for with `retry`, with `Last-Event-ID`. A response that is not an event stream ends it, and 204 ends it well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconnect {
    /// At most so often; `None` for as often as it takes.
    pub max: Option<u32>,
}

/// The pause before a reconnect until the server names another.
pub(super) const DEFAULT_RETRY: Duration = Duration::from_secs(3);

/// The least pause after an attempt that brought no stream, so that `retry: 0` and a dead server do not make a storm.
pub(super) const MIN_RETRY_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Whether another attempt may succeed where one failed like this.
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
