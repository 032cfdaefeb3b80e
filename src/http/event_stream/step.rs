//! The life of a stream, step by step: opening, reading, waiting to reconnect, over.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, StatusCode};

use super::clock::Bound;
use super::options::{MIN_RETRY_AFTER_FAILURE, is_worth_another_try};
use super::sink::{EventSink, Interruption};
use super::{EventStream, LAST_EVENT_ID};
use crate::http::body::Body;
use crate::http::client::Client;
use crate::http::error::Error;
use crate::http::limit::Limit;
use crate::http::request::Request;
use crate::http::response::{Failure, Response};
use crate::sse::Decoder;

/// The body of a response that is no stream is read for so long where no other limit is shorter.
const PATIENCE: Duration = Duration::from_secs(5);

type Opening = Pin<Box<dyn Future<Output = Result<Response, Box<Failure>>>>>;

/// Where a stream stands. What is under way is kept here, so that a cancelled call loses nothing.
pub(super) enum Step {
    Opening(Opening),
    Reading(Body),
    /// The response is no event stream: its body is read for the user, and for the connection's sake.
    Rejected {
        body: Body,
        kept: BytesMut,
        error: Error,
        limit: Limit,
    },
    /// Until the next attempt.
    Pausing(Instant),
    Over,
}

impl Step {
    pub(super) fn open(client: &Client, request: &Request, limit: Option<Limit>) -> Self {
        let (client, request) = (client.clone(), request.clone());
        Self::Opening(Box::pin(
            async move { client.send_within(request, limit).await },
        ))
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opening(_) => "Opening",
            Self::Reading(_) => "Reading",
            Self::Rejected { .. } => "Rejected",
            Self::Pausing(_) => "Pausing",
            Self::Over => "Over",
        })
    }
}

impl EventStream {
    /// Takes the stream one step further: one chunk, one response, one pause.
    pub(super) fn poll_step<S: EventSink>(
        &mut self,
        cx: &mut Context<'_>,
        sink: &mut S,
    ) -> Poll<()> {
        match &mut self.step {
            Step::Over => {}
            Step::Reading(_) => ready!(self.poll_reading(cx, sink)),
            Step::Opening(opening) => {
                let result = ready!(opening.as_mut().poll(cx));
                self.opened(result, sink);
            }
            Step::Rejected { .. } => ready!(self.poll_rejected(cx)),
            Step::Pausing(until) => {
                let until = *until;
                ready!(self.poll_pausing(cx, until));
            }
        }
        Poll::Ready(())
    }

    fn poll_reading<S: EventSink>(&mut self, cx: &mut Context<'_>, sink: &mut S) -> Poll<()> {
        let Step::Reading(body) = &mut self.step else {
            return Poll::Ready(());
        };
        match body.poll_chunk(cx) {
            Poll::Ready(Ok(Some(chunk))) => {
                self.count_bytes();
                if let Some(bound) = self.clock.passed(chunk.at) {
                    self.passed(bound, sink);
                    return Poll::Ready(());
                }
                match self.decode(&chunk.bytes, chunk.at, sink) {
                    Ok(false) => {}
                    Ok(true) => self.end(None, chunk.at),
                    Err(error) => self.end(Some(error), chunk.at),
                }
            }
            Poll::Ready(Ok(None)) => {
                let at = body.ended().unwrap_or_else(Instant::now);
                self.broke_off(None, at, sink);
            }
            Poll::Ready(Err(error)) => self.broke_off(Some(error), Instant::now(), sink),
            Poll::Pending => {
                let Some((at, bound)) = self.clock.next() else {
                    return Poll::Pending;
                };
                ready!(self.alarm.poll(cx, at));
                self.passed(bound, sink);
            }
        }
        Poll::Ready(())
    }

    fn passed<S: EventSink>(&mut self, bound: Bound, sink: &mut S) {
        let now = Instant::now();
        match bound {
            Bound::Idle(_) => self.broke_off(bound.error(), now, sink),
            Bound::Duration | Bound::Hard(_) => self.end(bound.error(), now),
        }
    }

    fn opened<S: EventSink>(&mut self, result: Result<Response, Box<Failure>>, sink: &mut S) {
        let first = self.answered.is_none();
        let mut response = match result {
            Ok(response) => response,
            Err(failure) => {
                let (error, now) = (self.note_failure(*failure), Instant::now());
                match self.clock.passed(now) {
                    // It was open before, and as long as it was wanted.
                    Some(Bound::Duration) if !first => self.end(None, now),
                    _ => self.broke_off(Some(error), now, sink),
                }
                return;
            }
        };
        self.note_response(&response);
        // The limits of the stream take over.
        response
            .body
            .set_limit(None, crate::http::limit::Alarm::default());
        let (head, body) = (response.head, response.body);
        let now = Instant::now();
        if let Some(error) = head.refusal(&["text/event-stream"]) {
            let over = !first && head.status == StatusCode::NO_CONTENT;
            let limit = self.clock.for_rejected(Limit {
                name: "patience",
                length: PATIENCE,
                at: now + PATIENCE,
            });
            self.step = Step::Rejected {
                body,
                kept: BytesMut::new(),
                error,
                limit,
            };
            if over {
                // The server asks not to come again, which is the proper end of a stream that did.
                self.end(None, now);
            }
            return;
        }
        self.clock.opened(now);
        self.step = Step::Reading(body);
        if self.options.max_events == Some(0) {
            self.end(None, now);
        }
    }

    fn poll_rejected(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Step::Rejected {
            body,
            kept,
            error,
            limit,
        } = &mut self.step
        else {
            return Poll::Ready(());
        };
        loop {
            match body.poll_chunk(cx) {
                Poll::Ready(Ok(Some(chunk))) => {
                    let room = self.options.max_body_bytes - kept.len();
                    kept.extend_from_slice(&chunk.bytes[..chunk.bytes.len().min(room)]);
                    if chunk.bytes.len() > room || limit.passed(chunk.at) {
                        break;
                    }
                }
                Poll::Ready(Ok(None) | Err(_)) => break,
                Poll::Pending => {
                    ready!(self.alarm.poll(cx, limit.at));
                    break;
                }
            }
        }
        let at = body.ended().unwrap_or_else(Instant::now);
        let error = error.clone();
        self.outcome.body_bytes += kept.len() as u64;
        self.outcome.body = Some(Bytes::copy_from_slice(kept));
        self.end(Some(error), at);
        Poll::Ready(())
    }

    fn poll_pausing(&mut self, cx: &mut Context<'_>, until: Instant) -> Poll<()> {
        match self.clock.next_of_whole() {
            Some((at, bound)) if at <= until => {
                ready!(self.alarm.poll(cx, at));
                self.end(bound.error(), Instant::now());
            }
            _ => {
                ready!(self.alarm.poll(cx, until));
                self.outcome.sse_reconnects += 1;
                self.decoder = self.next_decoder();
                self.step = Step::open(&self.client, &self.request, self.clock.for_response());
            }
        }
        Poll::Ready(())
    }

    /// A decoder for the next connection, and the header that tells the server where to go on. What was left of an
    /// unfinished event is gone; the id of the last finished one stays.
    fn next_decoder(&mut self) -> Decoder {
        let mut decoder = Decoder::new(self.options.max_event_bytes);
        let id = self.decoder.last_event_id();
        decoder.set_last_event_id(id);
        self.request.headers.remove(LAST_EVENT_ID);
        if !id.is_empty()
            && let Ok(value) = HeaderValue::from_bytes(id)
        {
            self.request.headers.insert(LAST_EVENT_ID, value);
        }
        decoder
    }

    /// One connection is over. Another one follows, or this was the end.
    fn broke_off<S: EventSink>(&mut self, error: Option<Error>, at: Instant, sink: &mut S) {
        let hopeless = error
            .as_ref()
            .is_some_and(|error| !is_worth_another_try(error.kind));
        let allowed = self.options.reconnect.is_some_and(|reconnect| {
            reconnect
                .max
                .is_none_or(|max| self.outcome.sse_reconnects < max)
        });
        if hopeless || !allowed || self.clock.is_spent(at) {
            self.end(error, at);
            return;
        }
        let had_stream = matches!(self.step, Step::Reading(_));
        let pause = if had_stream {
            self.retry
        } else {
            self.retry.max(MIN_RETRY_AFTER_FAILURE)
        };
        self.count_bytes();
        let at_since = at.saturating_duration_since(self.start);
        sink.interrupted(&Interruption {
            at: at_since,
            error: error.as_ref(),
            pause,
        });
        match at.checked_add(pause) {
            Some(until) => self.step = Step::Pausing(until),
            None => self.end(error, at),
        }
    }
}
