//! The states of a stream: opening, reading, waiting to reconnect, closed.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use http::{HeaderValue, StatusCode};

use super::options::{MIN_RETRY_AFTER_FAILURE, error_of, is_worth_another_try};
use super::sink::{CountingSink, EventDecoder, EventSink};
use super::{EventStream, LAST_EVENT_ID};
use crate::http::error::Error;
use crate::http::limits::Passed;
use crate::http::reading::{BodyEnd, Reading};
use crate::http::refusal::Refused;
use crate::http::response::{RequestFailure, Response};
use crate::sse::{Decoder, Flow};

type Opening = Pin<Box<dyn Future<Output = Result<Response, Box<RequestFailure>>>>>;

/// The state of a stream. It holds pending operations, so that a cancelled call loses nothing.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for each stream, and it is not moved"
)]
pub(super) enum StreamState {
    /// The request has not been sent.
    Unsent,
    Opening(Opening),
    Reading(Reading),
    /// The response is not an event stream.
    Refused(Refused, Error),
    /// Waiting for the next attempt.
    Pausing(Instant),
    Over,
}

impl StreamState {
    /// The body that is being read, if any.
    pub(super) fn reading(&mut self) -> Option<&mut Reading> {
        match self {
            Self::Reading(reading) => Some(reading),
            Self::Refused(refused, _) => Some(&mut refused.reading),
            Self::Unsent | Self::Opening(_) | Self::Pausing(_) | Self::Over => None,
        }
    }

    /// Closes the connection, unless its exchange is complete.
    pub(super) fn abandon(&mut self) {
        if let Some(reading) = self.reading() {
            reading.abandon();
        }
    }
}

impl fmt::Debug for StreamState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamState").finish_non_exhaustive()
    }
}

impl EventStream {
    /// Like [`EventStream::next`], as a poll function.
    pub(crate) fn poll_next<S: EventSink>(
        &mut self,
        cx: &mut Context<'_>,
        sink: &mut S,
    ) -> Poll<bool> {
        self.limits.listen();
        ready!(self.poll_step(cx, sink));
        Poll::Ready(self.is_open())
    }

    /// For a reader without room: reads nothing. This time does not count as silence of the server, but the limits of
    /// the whole stream apply.
    pub(crate) fn poll_away<S: EventSink>(
        &mut self,
        cx: &mut Context<'_>,
        sink: &mut S,
    ) -> Poll<bool> {
        self.limits.leave();
        if let Some((at, passed)) = self.limits.next_of_whole() {
            ready!(self.timer.poll(cx, at));
            self.end(error_of(passed), Instant::now(), sink);
            return Poll::Ready(false);
        }
        Poll::Pending
    }

    /// Advances the stream by one step: one chunk, one response, one pause.
    pub(super) fn poll_step<S: EventSink>(
        &mut self,
        cx: &mut Context<'_>,
        sink: &mut S,
    ) -> Poll<()> {
        match &mut self.state {
            StreamState::Over => {}
            StreamState::Unsent => self.send(self.start),
            StreamState::Reading(_) => ready!(self.poll_reading(cx, sink)),
            StreamState::Opening(opening) => {
                let result = ready!(opening.as_mut().poll(cx));
                self.opened(result, sink);
            }
            StreamState::Refused(refused, _) => {
                let (body, at) = ready!(refused.poll(cx));
                self.outcome.body_bytes += body.len() as u64;
                self.outcome.body = Some(body);
                let error = self.error_of_close();
                self.end(error, at, sink);
            }
            StreamState::Pausing(until) => {
                let until = *until;
                ready!(self.poll_pausing(cx, until, sink));
            }
        }
        Poll::Ready(())
    }

    /// Starts the next attempt.
    fn send(&mut self, at: Instant) {
        let request = match self.options.reconnect {
            Some(_) => self.request.clone(),
            None => self.request.take(),
        };
        let Some(request) = request else {
            return;
        };
        self.begin_attempt(at);
        let client = self.client.clone();
        let limit = self.limits.for_response();
        self.state =
            StreamState::Opening(Box::pin(
                async move { client.send_within(request, limit).await },
            ));
    }

    fn poll_reading<S: EventSink>(&mut self, cx: &mut Context<'_>, sink: &mut S) -> Poll<()> {
        let StreamState::Reading(reading) = &mut self.state else {
            return Poll::Ready(());
        };
        let counting = CountingSink {
            sink: &mut *sink,
            outcome: &mut self.outcome,
            retry: &mut self.retry,
            max_events: self.options.max_events.unwrap_or(u64::MAX),
            at: Duration::ZERO,
            flow: Flow::Continue,
        };
        let mut events = EventDecoder {
            decoder: &mut self.decoder,
            counting,
            start: self.start,
        };
        let end = ready!(reading.poll_next(cx, &mut self.limits, &mut events));
        self.count_bytes();
        match end {
            None => {}
            Some((BodyEnd::Body, at)) => self.broke_off(None, at, sink),
            Some((BodyEnd::Enough, at)) => self.end(None, at, sink),
            Some((BodyEnd::Failed(error), at)) => self.broke_off(Some(error), at, sink),
            Some((BodyEnd::Limit(passed), at)) => match passed {
                Passed::Idle(_) => self.broke_off(error_of(passed), at, sink),
                _ => self.end(error_of(passed), at, sink),
            },
        }
        Poll::Ready(())
    }

    fn opened<S: EventSink>(
        &mut self,
        result: Result<Response, Box<RequestFailure>>,
        sink: &mut S,
    ) {
        let first = self.answered.is_none();
        let response = match result {
            Ok(response) => response,
            Err(failure) => {
                let (error, now) = (self.note_failure(*failure), Instant::now());
                match self.limits.too_late(now) {
                    // The stream had been open, and has now lasted as long as requested.
                    Some(Passed::Enough) if !first => self.end(None, now, sink),
                    _ => self.broke_off(Some(error), now, sink),
                }
                return;
            }
        };
        self.note_response(&response);
        let Response { head, body, .. } = response;
        let now = Instant::now();
        if let Some(error) = head.refusal(&["text/event-stream"]) {
            let over = !first && head.status == StatusCode::NO_CONTENT;
            let (limit, max) = (self.limits.for_response(), self.options.max_body_bytes);
            self.state = StreamState::Refused(Refused::new(body, &head, limit, max), error);
            if over {
                // With 204 the server ends reconnecting, which is a proper end.
                self.end(None, now, sink);
            }
            return;
        }
        self.limits.opened(now);
        self.state = StreamState::Reading(Reading::new(body, &head));
        sink.opened(&head);
        if self.options.max_events == Some(0) {
            self.end(None, now, sink);
        }
    }

    fn poll_pausing<S: EventSink>(
        &mut self,
        cx: &mut Context<'_>,
        until: Instant,
        sink: &mut S,
    ) -> Poll<()> {
        match self.limits.next_of_whole() {
            Some((at, passed)) if at <= until => {
                ready!(self.timer.poll(cx, at));
                self.end(error_of(passed), Instant::now(), sink);
            }
            _ => {
                ready!(self.timer.poll(cx, until));
                self.outcome.sse_reconnects += 1;
                self.decoder = self.next_decoder();
                self.send(Instant::now());
            }
        }
        Poll::Ready(())
    }

    /// A decoder for the next connection, and the header `Last-Event-ID`. An unfinished event is discarded; the ID of
    /// the last complete one is kept.
    fn next_decoder(&mut self) -> Decoder {
        let mut decoder = Decoder::new(self.options.max_event_bytes);
        let id = self.decoder.last_event_id();
        decoder.set_last_event_id(id);
        if let Some(request) = &mut self.request {
            request.headers.remove(LAST_EVENT_ID);
            if !id.is_empty()
                && let Ok(value) = HeaderValue::from_bytes(id)
            {
                request.headers.insert(LAST_EVENT_ID, value);
            }
        }
        decoder
    }

    /// A connection has ended: pauses before the next attempt, or ends the stream.
    fn broke_off<S: EventSink>(&mut self, error: Option<Error>, at: Instant, sink: &mut S) {
        match self.next_attempt(error.as_ref(), at) {
            None => self.end(error, at, sink),
            Some((pause, until)) => {
                self.state.abandon();
                self.end_attempt(error.as_ref(), Some(pause), at, sink);
                self.state = StreamState::Pausing(until);
            }
        }
    }

    /// The pause until the next attempt, and its end; `None` if there is none.
    fn next_attempt(&self, error: Option<&Error>, at: Instant) -> Option<(Duration, Instant)> {
        let hopeless = error.is_some_and(|error| !is_worth_another_try(error.kind));
        let most = self.options.reconnect?.max.unwrap_or(u32::MAX);
        if hopeless || self.outcome.sse_reconnects >= most || self.limits.is_spent(at) {
            return None;
        }
        let pause = match self.state {
            StreamState::Reading(_) => self.retry,
            _ => self.retry.max(MIN_RETRY_AFTER_FAILURE),
        };
        Some((pause, at.checked_add(pause)?))
    }
}
