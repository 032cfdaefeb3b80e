//! The events of a stream that wait for Lua.

use std::collections::VecDeque;
use std::time::Duration;

use super::batch::EventBatch;
use crate::http::{Attempt, Error, EventSink, Head};
use crate::samples::StreamSamples;
use crate::script::context::Context;
use crate::sse::{Event, Flow};

/// The callbacks that a script has registered.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a callback of its own"
)]
pub(super) struct Subscriptions {
    /// For the opening of the stream.
    pub(super) opened: bool,
    pub(super) events: bool,
    pub(super) comments: bool,
    /// For failed attempts that are followed by another.
    pub(super) failures: bool,
}

/// What was read and not yet taken by Lua.
pub(super) struct Received {
    wants: Subscriptions,
    pub(super) batch: EventBatch,
    /// The errors of the failures in the batch, with the pauses until the next attempts.
    pub(super) failures: VecDeque<(Error, Duration)>,
    /// Whether Lua has a record of the opening.
    was_open: bool,
    /// Whether there are records that Lua does not know of.
    pub(super) news: bool,
    pub(super) samples: StreamSamples<Context>,
    /// The time of the last read with events for which there is no callback, and their number.
    uncounted: (Duration, u64),
}

impl EventSink for Received {
    fn event(&mut self, at: Duration, event: &Event<'_>) -> Flow {
        if self.wants.events || self.wants.comments {
            self.batch.event(at, event);
            self.news = true;
            return Flow::Continue;
        }
        // All events of one read have the same time.
        if at != self.uncounted.0 {
            self.count_uncounted();
            self.uncounted.0 = at;
        }
        self.uncounted.1 += 1;
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
        self.samples.opened(head);
        if self.wants.opened && !std::mem::replace(&mut self.was_open, true) {
            self.batch.opened();
            self.news = true;
        }
    }

    fn attempted(&mut self, attempt: &Attempt<'_>) {
        self.count_uncounted();
        self.samples.attempted(attempt);
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
    /// An empty queue.
    pub(super) fn new(wants: Subscriptions, samples: StreamSamples<Context>) -> Self {
        Self {
            wants,
            batch: EventBatch::default(),
            failures: VecDeque::new(),
            was_open: false,
            news: false,
            samples,
            uncounted: (Duration::ZERO, 0),
        }
    }

    /// Counts the events without a callback.
    pub(super) fn count_uncounted(&mut self) {
        let (at, n) = &mut self.uncounted;
        self.samples.events(at.as_secs_f64(), std::mem::take(n));
    }
}
