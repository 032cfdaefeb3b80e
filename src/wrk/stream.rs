//! A response that is an event stream: counts its events.

use std::time::{Duration, Instant};

use super::hooks::{Hooks, Raised};
use crate::metrics::WrkTally;
use crate::sse::{DEFAULT_MAX_EVENT_BYTES, Decoder, Event, Flow, TooLarge};
use crate::sync::Mutex;

/// The event stream of a connection.
#[derive(Debug)]
pub(super) struct SseStream {
    decoder: Decoder,
    /// When the request was sent.
    start: Instant,
    /// When the bytes of the last event arrived.
    last: Option<Instant>,
}

impl SseStream {
    /// A stream that was requested at `start`.
    pub(super) fn new(start: Instant) -> Self {
        Self {
            decoder: Decoder::new(DEFAULT_MAX_EVENT_BYTES),
            start,
            last: None,
        }
    }

    /// Whether an event has arrived.
    pub(super) fn has_begun(&self) -> bool {
        self.last.is_some()
    }

    /// Takes bytes that arrived at `now`, and passes each event to `hooks` if `want` is set.
    ///
    /// # Errors
    /// An event is too large.
    pub(super) fn push<H: Hooks>(
        &mut self,
        bytes: &[u8],
        now: Instant,
        limit: Duration,
        (hooks, want): (&mut H, bool),
        tally: &Mutex<WrkTally>,
    ) -> Result<(), TooLarge> {
        let mut events = 0;
        let mut raised = 0;
        let pushed = self.decoder.push(bytes, &mut |event: &Event<'_>| {
            events += 1;
            let called = if want { hooks.event(event) } else { Ok(()) };
            match called {
                Ok(()) => Flow::Continue,
                Err(Raised::Error) => {
                    raised += 1;
                    Flow::Continue
                }
                // It has ended the load; nothing more is called.
                Err(Raised::Exit) => Flow::Stop,
            }
        });
        if events > 0 {
            let mut tally = tally.lock();
            tally.streams.events += events;
            tally.script_errors += raised;
            if let Some(last) = self.last.replace(now) {
                tally.streams.gaps.record(micros(now, last));
            } else {
                let late = now.saturating_duration_since(self.start) >= limit;
                tally.errors.timeout += u64::from(late);
                tally.streams.first_event.record(micros(now, self.start));
            }
            // The events of the same read.
            tally.streams.gaps.record_n(0, events - 1);
        }
        pushed
    }
}

/// Microseconds from `start` to `now`.
pub(super) fn micros(now: Instant, start: Instant) -> u64 {
    let time = now.saturating_duration_since(start).as_micros();
    u64::try_from(time).unwrap_or(u64::MAX)
}
