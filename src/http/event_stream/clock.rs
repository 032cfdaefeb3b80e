//! The limits on a stream's time, and which of them is next.

use std::time::{Duration, Instant};

use super::options::StreamOptions;
use crate::http::error::Error;
use crate::http::limit::{Limit, earlier};

/// Which limit has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// `max_duration`: the stream ends well.
    Duration,
    /// `idle_timeout`: the connection is taken for dead.
    Idle(Limit),
    /// `timeout` or `first_event_timeout`: the stream fails.
    Hard(Limit),
}

/// Keeps the limits of one stream.
#[derive(Debug)]
pub(super) struct Clock {
    timeout: Option<Limit>,
    max_duration: Option<Limit>,
    first_event: Option<Limit>,
    idle: Option<Duration>,
    /// The last event, or the response, moved on by the time in which nobody listened.
    quiet_since: Instant,
    /// When the listener last turned away.
    left: Option<Instant>,
}

impl Clock {
    pub(super) fn start(options: &StreamOptions, start: Instant) -> Self {
        let limit = |name, length: Option<Duration>| Limit::new(name, length?, start);
        Self {
            timeout: limit("timeout", options.timeout),
            max_duration: limit("max_duration", options.max_duration),
            first_event: limit("first_event_timeout", options.first_event_timeout),
            idle: options.idle_timeout,
            quiet_since: start,
            left: None,
        }
    }

    /// The limit for a request's way to its response.
    pub(super) fn for_response(&self) -> Option<Limit> {
        earlier(earlier(self.timeout, self.first_event), self.max_duration)
    }

    /// The limit for reading the body of a response that is no stream.
    pub(super) fn for_rejected(&self, patience: Limit) -> Limit {
        earlier(self.for_response(), Some(patience)).unwrap_or(patience)
    }

    /// A stream begins: from now on it may be idle.
    pub(super) fn opened(&mut self, at: Instant) {
        self.quiet_since = at;
        self.left = None;
    }

    /// Events arrived.
    pub(super) fn event(&mut self, at: Instant) {
        self.quiet_since = self.quiet_since.max(at);
        self.first_event = None;
    }

    /// The listener is back. The time it was away is its own, not the server's.
    pub(super) fn listen(&mut self) {
        if let Some(left) = self.left.take() {
            self.quiet_since += left.elapsed();
        }
    }

    /// The listener turns to something else.
    pub(super) fn leave(&mut self) {
        if self.idle.is_some() {
            self.left = Some(Instant::now());
        }
    }

    /// The limit that passes next while a stream is open and nothing arrives.
    pub(super) fn next(&self) -> Option<(Instant, Bound)> {
        let idle = self.idle.filter(|_| self.first_event.is_none());
        let idle = idle.and_then(|idle| Limit::new("idle_timeout", idle, self.quiet_since));
        let idle = idle.map(|limit| (limit.at, Bound::Idle(limit)));
        self.next_of_whole()
            .into_iter()
            .chain(idle)
            .min_by_key(|(at, _)| *at)
    }

    /// The limit that passes next while there is no connection.
    pub(super) fn next_of_whole(&self) -> Option<(Instant, Bound)> {
        let hard =
            earlier(self.timeout, self.first_event).map(|limit| (limit.at, Bound::Hard(limit)));
        let duration = self.max_duration.map(|limit| (limit.at, Bound::Duration));
        hard.into_iter().chain(duration).min_by_key(|(at, _)| *at)
    }

    /// No time is left for another connection.
    pub(super) fn is_spent(&self, at: Instant) -> bool {
        self.next_of_whole().is_some_and(|(limit, _)| at >= limit)
    }

    /// The limit that had passed when these bytes arrived: those on the whole only, for a late listener makes no
    /// server idle.
    pub(super) fn passed(&self, at: Instant) -> Option<Bound> {
        if self.max_duration.is_some_and(|limit| limit.passed(at)) {
            return Some(Bound::Duration);
        }
        self.timeout
            .filter(|limit| limit.passed(at))
            .map(Bound::Hard)
    }
}

impl Bound {
    /// The error that passing it is; `None` for the bound that ends a stream well.
    pub(super) fn error(self) -> Option<Error> {
        match self {
            Self::Duration => None,
            Self::Idle(limit) => {
                let length = crate::units::format_duration(limit.length);
                Some(limit.error(&format!("no event for {length}")))
            }
            Self::Hard(limit) if limit.name == "timeout" => {
                Some(limit.error("the stream was still open"))
            }
            Self::Hard(limit) => Some(limit.error("no event since the request")),
        }
    }
}
