//! The phases of a request, for scripts and metrics.

use std::time::{Duration, Instant};

use crate::http::{StreamTimings, Timings};
use crate::spans::Phases;

/// The phases of a request, and the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequestTimes {
    /// The phases up to the first byte of the answer.
    pub phases: Phases,
    /// From the first byte of the answer to the end; 0 without an answer.
    pub receiving: Duration,
    /// From the request's start to the end.
    pub duration: Duration,
    /// From the planned start of the iteration to its start; `None` where none was planned.
    pub schedule_delay: Option<Duration>,
}

impl RequestTimes {
    /// The times of an answered request that ended at `end`.
    pub fn answered(timings: &Timings, end: Instant) -> Self {
        Self {
            receiving: end.saturating_duration_since(timings.answered()),
            ..Self::unanswered(timings, end)
        }
    }

    /// The times of a request that ended at `end` without an answer.
    pub fn unanswered(timings: &Timings, end: Instant) -> Self {
        Self {
            phases: timings.phases,
            duration: end.saturating_duration_since(timings.start),
            ..Self::default()
        }
    }

    /// Adds the delay of the iteration's start.
    #[must_use]
    pub fn scheduled(self, delay: Option<Duration>) -> Self {
        Self {
            schedule_delay: delay,
            ..self
        }
    }

    /// The time of the exchange without connecting, which is `http_req_duration`.
    pub fn exchange(&self) -> Duration {
        self.phases.sending + self.phases.waiting + self.receiving
    }
}

impl From<&StreamTimings> for RequestTimes {
    fn from(timings: &StreamTimings) -> Self {
        Self {
            phases: timings.phases,
            receiving: timings.receiving,
            duration: timings.duration,
            schedule_delay: None,
        }
    }
}
