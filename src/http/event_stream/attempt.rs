//! One attempt to read a stream.

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::EventStream;
use super::outcome::StreamTimings;
use super::sink::{Attempt, EventSink};
use crate::http::error::Error;
use crate::http::response::{Head, RequestFailure, Response};
use crate::spans::Phases;

/// The state of the current attempt.
#[derive(Debug, Default)]
pub(super) struct OpenAttempt {
    /// When it began; `None` between two attempts.
    start: Option<Instant>,
    head: Option<Rc<Head>>,
    /// The phases up to the first byte of its response, or to its failure.
    phases: Phases,
    /// The first byte of its response.
    answered: Option<Instant>,
    reconnects: u32,
}

impl EventStream {
    /// Begins an attempt.
    pub(super) fn begin_attempt(&mut self, at: Instant) {
        self.attempt = OpenAttempt {
            start: Some(at),
            ..OpenAttempt::default()
        };
    }

    /// Records a response. The first one sets the head and the timings of the stream.
    pub(super) fn note_response(&mut self, response: &Response) {
        self.outcome.reconnects += response.reconnects;
        self.outcome.redirects += response.redirects;
        let head = Rc::new(response.head.clone());
        if self.head.is_none() {
            self.head = Some(Rc::clone(&head));
            self.outcome.reused = response.reused;
            self.outcome.timings.phases = response.timings.phases;
        }
        let attempt = &mut self.attempt;
        attempt.head = Some(head);
        attempt.phases = response.timings.phases;
        let answered = response.timings.answered();
        self.answered.get_or_insert(answered);
        attempt.answered = Some(answered);
        attempt.reconnects = response.reconnects;
    }

    /// Records a failure without a response.
    pub(super) fn note_failure(&mut self, failure: RequestFailure) -> Error {
        self.outcome.reconnects += failure.reconnects;
        self.outcome.redirects += failure.redirects;
        self.outcome.bytes_received += failure.traffic.received;
        self.outcome.bytes_sent += failure.traffic.sent;
        let head = failure.head.map(Rc::new);
        if self.head.is_none() {
            self.outcome.timings.phases = failure.timings.phases;
            self.head.clone_from(&head);
        }
        self.attempt.head = head;
        self.attempt.phases = failure.timings.phases;
        self.attempt.reconnects = failure.reconnects;
        failure.error
    }

    /// Ends the current attempt, if any, and reports it to `sink`.
    pub(super) fn end_attempt(
        &mut self,
        error: Option<&Error>,
        retry_in: Option<Duration>,
        at: Instant,
        sink: &mut impl EventSink,
    ) {
        self.count_bytes();
        let attempt = std::mem::take(&mut self.attempt);
        let Some(start) = attempt.start else {
            return;
        };
        let receiving = attempt.answered.map_or(Duration::ZERO, |answered| {
            at.saturating_duration_since(answered)
        });
        let timings = StreamTimings {
            phases: attempt.phases,
            first_event: self.outcome.timings.first_event,
            receiving,
            duration: at.saturating_duration_since(start),
        };
        sink.attempted(&Attempt {
            at: at.saturating_duration_since(self.start),
            error,
            head: attempt.head.as_deref(),
            timings,
            reconnects: attempt.reconnects,
            retry_in,
        });
    }
}
