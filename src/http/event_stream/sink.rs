//! Who gets the events.

use std::time::Duration;

use crate::http::error::Error;
use crate::sse::{Event, Flow, Sink};

/// Receives a stream's events in order. Times are since the request's start: the moment at which the bytes that completed
/// the event were read from the socket.
pub trait EventSink {
    /// An event.
    fn event(&mut self, at: Duration, event: &Event<'_>) -> Flow;

    /// A comment line.
    fn comment(&mut self, at: Duration, text: &[u8]) -> Flow {
        let _ = (at, text);
        Flow::Continue
    }

    /// The stream broke off or ended, and will be opened again.
    fn interrupted(&mut self, interruption: &Interruption<'_>) {
        let _ = interruption;
    }
}

/// The end of one connection of a stream that reconnects.
#[derive(Debug, Clone, Copy)]
pub struct Interruption<'a> {
    /// Since the request's start.
    pub at: Duration,
    /// What broke it; `None` when the server ended the stream properly.
    pub error: Option<&'a Error>,
    /// The pause until the next attempt.
    pub pause: Duration,
}

/// Stands between the decoder and the sink: puts the time to each event, counts, and stops at the limit.
pub(super) struct Tap<'a, S> {
    pub(super) sink: &'a mut S,
    pub(super) at: Duration,
    pub(super) events: u64,
    pub(super) max_events: u64,
    pub(super) comments: u64,
    pub(super) retry: Option<Duration>,
    pub(super) stopped: bool,
}

impl<S: EventSink> Tap<'_, S> {
    fn note(&mut self, flow: Flow) -> Flow {
        self.stopped |= flow == Flow::Stop;
        flow
    }
}

impl<S: EventSink> Sink for Tap<'_, S> {
    fn event(&mut self, event: &Event<'_>) -> Flow {
        self.events += 1;
        let flow = self.sink.event(self.at, event);
        self.note(if self.events >= self.max_events {
            Flow::Stop
        } else {
            flow
        })
    }

    fn comment(&mut self, comment: &[u8]) -> Flow {
        self.comments += 1;
        let flow = self.sink.comment(self.at, comment);
        self.note(flow)
    }

    fn retry(&mut self, delay: Duration) {
        self.retry = Some(delay);
    }
}
