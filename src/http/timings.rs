//! The phases of a request and its byte counts.

use std::ops::AddAssign;
use std::time::{Duration, Instant};

use crate::spans::Phases;

/// The start of a request, and its phases up to the first byte of the answer. Redirects and the silent retry on a
/// closed connection add to the same phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// When the request began.
    pub start: Instant,
    /// Its phases.
    pub phases: Phases,
}

impl Timings {
    /// No time spent yet.
    pub fn started(start: Instant) -> Self {
        Self {
            start,
            phases: Phases::default(),
        }
    }

    /// When the first byte of the answer was read.
    pub fn answered(&self) -> Instant {
        self.start + self.phases.total()
    }
}

/// Bytes on the wire: heads, framing and, with TLS, encryption and handshake included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Bytes written to the socket.
    pub sent: u64,
    /// Bytes read from the socket.
    pub received: u64,
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.received += other.received;
    }
}

/// The current phase of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestPhase {
    Blocked,
    Lookup,
    Connecting,
    Tls,
    Sending,
    Waiting,
    /// The answer has begun.
    Answered,
}

impl RequestPhase {
    /// For the message of a timeout.
    pub(crate) fn doing(self) -> &'static str {
        match self {
            Self::Blocked => "waiting for a connection",
            Self::Lookup => "looking up the host",
            Self::Connecting => "connecting",
            Self::Tls => "in the TLS handshake",
            Self::Sending => "sending the request",
            Self::Waiting => "waiting for the response",
            Self::Answered => "reading the response",
        }
    }
}

/// Measures the phases.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    timings: Timings,
    phase: RequestPhase,
    since: Instant,
}

impl Stopwatch {
    pub(crate) fn start(now: Instant) -> Self {
        Self {
            timings: Timings::started(now),
            phase: RequestPhase::Blocked,
            since: now,
        }
    }

    /// Ends the current phase at `at` and begins `next`. An `at` before the last change counts as that change.
    pub(crate) fn enter(&mut self, next: RequestPhase, at: Instant) {
        let spent = at.saturating_duration_since(self.since);
        let phases = &mut self.timings.phases;
        match self.phase {
            RequestPhase::Blocked => phases.blocked += spent,
            RequestPhase::Lookup => phases.lookup += spent,
            RequestPhase::Connecting => phases.connecting += spent,
            RequestPhase::Tls => phases.tls += spent,
            RequestPhase::Sending => phases.sending += spent,
            RequestPhase::Waiting => phases.waiting += spent,
            RequestPhase::Answered => {}
        }
        self.since = self.since.max(at);
        self.phase = next;
    }

    /// The duration of the current phase so far.
    pub(crate) fn running(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }

    pub(crate) fn phase(&self) -> RequestPhase {
        self.phase
    }

    /// The timings so far, without the current phase.
    pub(crate) fn timings(&self) -> Timings {
        self.timings
    }
}
