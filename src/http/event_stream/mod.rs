//! A response read as Server-Sent Events.

mod clock;
mod options;
mod outcome;
mod sink;
mod step;

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use http::header::{self, HeaderName, HeaderValue};

use self::clock::Clock;
use self::sink::Tap;
use self::step::Step;
use super::client::Client;
use super::error::{Error, ErrorKind};
use super::limit::Alarm;
use super::request::Request;
use super::response::{Failure, Head, Response};
use crate::sse::{Decoder, Event, Flow};

pub use self::options::{Reconnect, StreamOptions};
pub use self::outcome::{Outcome, StreamTimings};
pub use self::sink::{EventSink, Interruption};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// An event stream, from the request to its end.
///
/// A failure is a value in [`EventStream::outcome`], never a Rust error. Read to its end, the stream gives its connection
/// back to the client; closed or dropped before, it closes the connection at once.
#[derive(Debug)]
pub struct EventStream {
    client: Client,
    request: Request,
    options: StreamOptions,
    start: Instant,
    clock: Clock,
    alarm: Alarm,
    step: Step,
    decoder: Decoder,
    retry: Duration,
    head: Option<Head>,
    outcome: Outcome,
    /// The first byte of the first response.
    answered: Option<Instant>,
}

impl EventStream {
    /// Sends the request and waits until the stream is open or has failed.
    ///
    /// `Accept`, `Cache-Control` and `User-Agent` are added where the request has none.
    pub async fn open(client: &Client, mut request: Request, options: StreamOptions) -> Self {
        let start = Instant::now();
        let headers = &mut request.headers;
        headers
            .entry(header::ACCEPT)
            .or_insert(HeaderValue::from_static("text/event-stream"));
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        let mut decoder = Decoder::new(options.max_event_bytes);
        if let Some(id) = headers.get(LAST_EVENT_ID) {
            decoder.set_last_event_id(id.as_bytes());
        }
        let clock = Clock::start(&options, start);
        let step = Step::open(client, &request, clock.for_response());
        let mut stream = Self {
            client: client.clone(),
            request,
            options,
            start,
            clock,
            alarm: Alarm::default(),
            step,
            decoder,
            retry: options::DEFAULT_RETRY,
            head: None,
            outcome: Outcome::default(),
            answered: None,
        };
        while !matches!(stream.step, Step::Reading(_) | Step::Over) {
            std::future::poll_fn(|cx| stream.poll_step(cx, &mut Nobody)).await;
        }
        stream.clock.leave();
        stream
    }

    /// Waits for bytes and hands their events to `sink`; false once the stream is over.
    ///
    /// May be cancelled at any time without loss. One call reads one chunk, which may complete many events or none.
    pub async fn next(&mut self, sink: &mut impl EventSink) -> bool {
        if self.is_open() {
            let listener = Listener::turn_to(self);
            std::future::poll_fn(|cx| listener.0.poll_step(cx, sink)).await;
        }
        self.is_open()
    }

    /// Ends the stream here and closes its connection. It counts as well ended unless it had failed before.
    pub fn close(&mut self) {
        if self.is_open() {
            self.end(None, Instant::now());
        }
    }

    /// Closes the stream unless it is over, and gives the result.
    pub fn finish(&mut self) -> Outcome {
        self.close();
        self.outcome.clone()
    }

    /// The stream is not over: [`EventStream::next`] may bring more.
    pub fn is_open(&self) -> bool {
        !matches!(self.step, Step::Over)
    }

    /// The first response, as soon as there is one; also one that is no event stream, or a redirect not followed.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// When the request began: the zero of all times given to the sink.
    pub fn start(&self) -> Instant {
        self.start
    }

    /// Why the stream failed; `None` while it has not.
    pub fn error(&self) -> Option<&Error> {
        self.outcome.error.as_ref()
    }

    /// The result so far, bytes and events up to date; final once the stream is over.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Ends the stream for good.
    fn end(&mut self, error: Option<Error>, at: Instant) {
        if let Step::Reading(body) | Step::Rejected { body, .. } = &mut self.step {
            body.abandon();
        }
        self.count_bytes();
        self.step = Step::Over;
        let outcome = &mut self.outcome;
        outcome.error = error;
        outcome.timings.duration = at.saturating_duration_since(self.start);
        outcome.timings.receiving = self.answered.map_or(Duration::ZERO, |answered| {
            at.saturating_duration_since(answered)
        });
        outcome.last_event_id = self.decoder.last_event_id().to_vec();
    }

    /// Takes over what the current body has moved since the last time.
    fn count_bytes(&mut self) {
        if let Step::Reading(body) | Step::Rejected { body, .. } = &self.step {
            let traffic = body.take_traffic();
            self.outcome.bytes_received += traffic.received;
            self.outcome.bytes_sent += traffic.sent;
        }
    }

    /// The first response, or its absence, sets the stream's timings.
    fn note_response(&mut self, response: &Response) {
        self.outcome.reconnects += response.reconnects;
        self.outcome.redirects += response.redirects;
        if self.answered.is_none() {
            let mut head = response.head.clone();
            head.detach();
            self.head = Some(head);
            self.outcome.reused = response.reused;
            self.outcome.timings.set_phases(response.timings);
            self.answered = Some(response.timings.start + response.timings.total());
        }
    }

    fn note_failure(&mut self, failure: Failure) -> Error {
        self.outcome.reconnects += failure.reconnects;
        self.outcome.redirects += failure.redirects;
        self.outcome.bytes_received += failure.traffic.received;
        self.outcome.bytes_sent += failure.traffic.sent;
        if self.answered.is_none() {
            self.outcome.timings.set_phases(failure.timings);
            self.head = failure.head;
        }
        failure.error
    }

    /// Hands a chunk's events to the sink; true when it, or the limit on events, wants no more.
    fn decode<S: EventSink>(
        &mut self,
        bytes: &[u8],
        at: Instant,
        sink: &mut S,
    ) -> Result<bool, Error> {
        let since = at.saturating_duration_since(self.start);
        let events = self.outcome.events;
        let mut tap = Tap {
            sink,
            at: since,
            events,
            max_events: self.options.max_events.unwrap_or(u64::MAX),
            comments: self.outcome.comments,
            retry: None,
            stopped: false,
        };
        let pushed = self.decoder.push(bytes, &mut tap);
        self.outcome.events = tap.events;
        self.outcome.comments = tap.comments;
        self.retry = tap.retry.unwrap_or(self.retry);
        let stopped = tap.stopped;
        self.outcome.body_bytes += bytes.len() as u64;
        if self.outcome.events > events {
            self.outcome.timings.first_event.get_or_insert(since);
            self.clock.event(at);
        }
        match pushed {
            Err(error) if !stopped => Err(Error::new(ErrorKind::TooLarge, error.to_string())),
            _ => Ok(stopped),
        }
    }
}

/// Tells the clock that nobody listens any more when a call of `next` is over, or cancelled.
struct Listener<'a>(&'a mut EventStream);

impl<'a> Listener<'a> {
    fn turn_to(stream: &'a mut EventStream) -> Self {
        stream.clock.listen();
        Self(stream)
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        self.0.clock.leave();
    }
}

/// Listens while a stream opens, when there is nothing to hear.
struct Nobody;

impl EventSink for Nobody {
    fn event(&mut self, _: Duration, _: &Event<'_>) -> Flow {
        Flow::Continue
    }
}
