//! The trait that receives events and attempts.

use std::time::{Duration, Instant};

use super::outcome::{StreamOutcome, StreamTimings};
use crate::http::error::{Error, ErrorKind};
use crate::http::limits::Limits;
use crate::http::reading::Decode;
use crate::http::response::Head;
use crate::sse::{Decoder, Event, Flow, Sink};

/// Receives a stream's events in order. Times are since the start of the request, and are those of the socket read that
/// completed the event.
pub trait EventSink {
    /// An event.
    fn event(&mut self, at: Duration, event: &Event<'_>) -> Flow;

    /// A comment line.
    fn comment(&mut self, at: Duration, text: &[u8]) -> Flow {
        let _ = (at, text);
        Flow::Continue
    }

    /// An attempt was answered with an event stream; its events follow.
    fn opened(&mut self, head: &Head) {
        let _ = head;
    }

    /// An attempt has ended. A stream without reconnect has one attempt.
    fn attempted(&mut self, attempt: &Attempt<'_>) {
        let _ = attempt;
    }
}

/// One request of a stream, from its start to its end.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// When it ended, since the start of the stream.
    pub at: Duration,
    /// The error; `None` if the stream ended properly, reached its bound, or was closed by its user.
    pub error: Option<&'a Error>,
    /// The response, if there was one.
    pub head: Option<&'a Head>,
    /// Its timings, since its own start. `first_event` is that of the whole stream.
    pub timings: StreamTimings,
    /// How often it was resent because a reused connection had been closed.
    pub reconnects: u32,
    /// The pause until the next attempt; `None` if this was the last.
    pub retry_in: Option<Duration>,
}

/// Decodes a body into events.
pub(super) struct EventDecoder<'a, S> {
    pub(super) decoder: &'a mut Decoder,
    pub(super) counting: CountingSink<'a, S>,
    /// The start of the stream.
    pub(super) start: Instant,
}

impl<S: EventSink> Decode for EventDecoder<'_, S> {
    fn take(&mut self, bytes: &[u8], at: Instant, limits: &mut Limits) -> Result<Flow, Error> {
        let since_start = at.saturating_duration_since(self.start);
        let counting = &mut self.counting;
        counting.at = since_start;
        counting.outcome.body_bytes += bytes.len() as u64;
        let before = counting.outcome.events;
        let pushed = self.decoder.push(bytes, counting);
        let CountingSink { outcome, flow, .. } = counting;
        if outcome.events > before {
            outcome.timings.first_event.get_or_insert(since_start);
            limits.alive(at);
        }
        match pushed {
            Err(error) if *flow == Flow::Continue => {
                Err(Error::new(ErrorKind::TooLarge, error.to_string()))
            }
            _ => Ok(*flow),
        }
    }

    fn is_cut(&self) -> bool {
        self.decoder.is_cut()
    }
}

/// A sink between the decoder and the user's sink: adds the time, counts events in the outcome of the stream, and stops
/// at the limit.
pub(super) struct CountingSink<'a, S> {
    pub(super) sink: &'a mut S,
    pub(super) outcome: &'a mut StreamOutcome,
    /// The pause set by the server.
    pub(super) retry: &'a mut Duration,
    pub(super) max_events: u64,
    /// When the bytes were read, since the start of the stream.
    pub(super) at: Duration,
    /// Whether the user's sink wants more.
    pub(super) flow: Flow,
}

impl<S> CountingSink<'_, S> {
    fn note(&mut self, flow: Flow) -> Flow {
        if flow == Flow::Stop {
            self.flow = Flow::Stop;
        }
        flow
    }
}

impl<S: EventSink> Sink for CountingSink<'_, S> {
    fn event(&mut self, event: &Event<'_>) -> Flow {
        self.outcome.events += 1;
        let flow = self.sink.event(self.at, event);
        self.note(if self.outcome.events >= self.max_events {
            Flow::Stop
        } else {
            flow
        })
    }

    fn comment(&mut self, comment: &[u8]) -> Flow {
        self.outcome.comments += 1;
        let flow = self.sink.comment(self.at, comment);
        self.note(flow)
    }

    fn retry(&mut self, delay: Duration) {
        *self.retry = delay;
    }
}
