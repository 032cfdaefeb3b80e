//! The events of a stream that wait for Lua.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use super::batch::Batch;
use crate::http::{Attempt, Error, EventSink, Head};
use crate::samples::StreamSamples;
use crate::script::context::Context;
use crate::sse::{Event, Flow};

/// What a script wants to hear of.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a callback of its own"
)]
pub(super) struct Wants {
    /// That the stream is open.
    pub(super) opened: bool,
    pub(super) events: bool,
    pub(super) comments: bool,
    /// Attempts that failed and are followed by another.
    pub(super) failures: bool,
}

/// What was read and not yet taken by Lua.
pub(super) struct Received {
    wants: Wants,
    pub(super) batch: Batch,
    /// Those of the batch, with the pauses until the next attempts.
    pub(super) failures: VecDeque<(Error, Duration)>,
    /// Lua has been told that the stream is open.
    was_open: bool,
    /// There is something that Lua has not been told of.
    pub(super) news: bool,
    pub(super) measure: StreamSamples<Rc<Context>>,
    /// Events that nobody wants, and the time of the last.
    unasked: (Duration, u64),
}

impl EventSink for Received {
    fn event(&mut self, at: Duration, event: &Event<'_>) -> Flow {
        if self.wants.events || self.wants.comments {
            self.batch.event(at, event);
            self.news = true;
            return Flow::Continue;
        }
        // All events of one read carry one time.
        if at != self.unasked.0 {
            self.count_unasked();
            self.unasked.0 = at;
        }
        self.unasked.1 += 1;
        Flow::Continue
    }

    fn comment(&mut self, at: Duration, comment: &[u8]) -> Flow {
        if self.wants.comments {
            self.batch.comment(at, comment);
            self.news = true;
        }
        Flow::Continue
    }

    fn opened(&mut self, head: &Head) {
        self.measure.opened(head);
        if self.wants.opened && !std::mem::replace(&mut self.was_open, true) {
            self.batch.opened();
            self.news = true;
        }
    }

    fn attempted(&mut self, attempt: &Attempt<'_>) {
        self.count_unasked();
        self.measure.attempted(attempt);
        if self.wants.failures
            && let (Some(error), Some(pause)) = (attempt.error, attempt.retry_in)
        {
            self.batch.failure(attempt.at);
            self.failures.push_back((error.clone(), pause));
            self.news = true;
        }
    }
}

impl Received {
    /// Nothing yet.
    pub(super) fn new(wants: Wants, measure: StreamSamples<Rc<Context>>) -> Self {
        Self {
            wants,
            batch: Batch::default(),
            failures: VecDeque::new(),
            was_open: false,
            news: false,
            measure,
            unasked: (Duration::ZERO, 0),
        }
    }

    /// Counts the events that came without anybody who wants them.
    pub(super) fn count_unasked(&mut self) {
        let (at, n) = &mut self.unasked;
        self.measure.events(at.as_secs_f64(), std::mem::take(n));
    }
}
