//! Where the time of one request went, as scripts and metrics are told.

use std::time::{Duration, Instant};

use crate::http::{StreamTimings, Timings};

/// The phases of a request, and the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Times {
    pub(crate) blocked: Duration,
    pub(crate) lookup: Duration,
    pub(crate) connecting: Duration,
    pub(crate) tls: Duration,
    pub(crate) sending: Duration,
    pub(crate) waiting: Duration,
    /// From the first byte of the answer to the end; 0 without an answer.
    pub(crate) receiving: Duration,
    /// From the request's start to the end.
    pub(crate) duration: Duration,
}

impl Times {
    /// Of a request that got an answer and was over at `end`.
    pub(crate) fn answered(timings: &Timings, end: Instant) -> Self {
        let answer = timings.start + timings.total();
        Self {
            receiving: end.saturating_duration_since(answer),
            ..Self::unanswered(timings, end)
        }
    }

    /// Of a request that was given up at `end` without an answer.
    pub(crate) fn unanswered(timings: &Timings, end: Instant) -> Self {
        Self {
            blocked: timings.blocked,
            lookup: timings.lookup,
            connecting: timings.connecting,
            tls: timings.tls,
            sending: timings.sending,
            waiting: timings.waiting,
            receiving: Duration::ZERO,
            duration: end.saturating_duration_since(timings.start),
        }
    }

    /// The time of the exchange itself, the connection being there: what `http_req_duration` means.
    pub(crate) fn exchange(&self) -> Duration {
        self.sending + self.waiting + self.receiving
    }
}

impl From<&StreamTimings> for Times {
    fn from(timings: &StreamTimings) -> Self {
        Self {
            blocked: timings.blocked,
            lookup: timings.lookup,
            connecting: timings.connecting,
            tls: timings.tls,
            sending: timings.sending,
            waiting: timings.waiting,
            receiving: timings.receiving,
            duration: timings.duration,
        }
    }
}
