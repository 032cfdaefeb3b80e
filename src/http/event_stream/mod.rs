//! Reads a response as Server-Sent Events.

mod attempt;
mod options;
mod outcome;
mod sink;
mod state;

#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::rc::Rc;
use std::time::{Duration, Instant};

use http::header::{self, HeaderName, HeaderValue};

use self::attempt::OpenAttempt;
use self::state::StreamState;
use super::client::Client;
use super::error::Error;
use super::limit::DeadlineTimer;
use super::limits::Limits;
use super::request::Request;
use super::response::Head;
use crate::sse::Decoder;

pub use self::options::{Reconnect, StreamOptions};
pub use self::outcome::{StreamOutcome, StreamTimings};
pub use self::sink::{Attempt, EventSink};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// An event stream, from the request to its end.
///
/// A failure is a value in [`EventStream::outcome`], never a Rust error. At its end, the stream returns its connection
/// to the client; closing or dropping it earlier closes the connection. [`EventStream::close`] reports the end to the
/// sink, dropping does not.
#[derive(Debug)]
pub struct EventStream {
    client: Client,
    /// The request; `None` after it was sent for the last time.
    request: Option<Request>,
    options: StreamOptions,
    start: Instant,
    limits: Limits,
    timer: DeadlineTimer,
    state: StreamState,
    decoder: Decoder,
    retry: Duration,
    /// The first response.
    head: Option<Rc<Head>>,
    /// When its first byte arrived.
    answered: Option<Instant>,
    attempt: OpenAttempt,
    outcome: StreamOutcome,
}

impl EventStream {
    /// A stream whose request is sent when it is first polled.
    ///
    /// `Accept`, `Cache-Control` and `User-Agent` are added where the request has none.
    pub fn new(client: &Client, mut request: Request, options: StreamOptions) -> Self {
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
        Self {
            client: client.clone(),
            request: Some(request),
            limits: options.limits(start),
            options,
            start,
            timer: DeadlineTimer::default(),
            state: StreamState::Unsent,
            decoder,
            retry: options::DEFAULT_RETRY,
            head: None,
            answered: None,
            attempt: OpenAttempt::default(),
            outcome: StreamOutcome::default(),
        }
    }

    /// Sends the request and waits until the stream is open or has failed. With `reconnect`, this may take several
    /// attempts, each reported to `sink`.
    pub async fn open(
        client: &Client,
        request: Request,
        options: StreamOptions,
        sink: &mut impl EventSink,
    ) -> Self {
        let mut stream = Self::new(client, request, options);
        while !matches!(stream.state, StreamState::Reading(_) | StreamState::Over) {
            poll_fn(|cx| stream.poll_step(cx, sink)).await;
        }
        stream.limits.leave();
        stream
    }

    /// Waits for bytes and passes their events to `sink`; returns false when the stream has ended.
    ///
    /// Cancel-safe. One call reads one chunk, which may complete many events or none.
    pub async fn next(&mut self, sink: &mut impl EventSink) -> bool {
        if self.is_open() {
            let listener = Listener::turn_to(self);
            poll_fn(|cx| listener.0.poll_step(cx, sink)).await;
        }
        self.is_open()
    }

    /// Ends the stream and closes its connection. This is a success unless the stream had failed before or was never
    /// answered.
    pub fn close(&mut self, sink: &mut impl EventSink) {
        if self.is_open() {
            let error = self.error_of_close();
            self.end(error, Instant::now(), sink);
        }
    }

    /// Closes the stream if it is open, and returns the result.
    pub fn finish(&mut self, sink: &mut impl EventSink) -> StreamOutcome {
        self.close(sink);
        self.outcome.clone()
    }

    /// Whether the stream is open, so that [`EventStream::next`] may return more.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, StreamState::Over)
    }

    /// The first response, if any; it may also be an unfollowed redirect or not an event stream.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_deref()
    }

    /// The first response, shared.
    pub(crate) fn shared_head(&self) -> Option<Rc<Head>> {
        self.head.clone()
    }

    /// When the request began; times given to the sink count from here.
    pub fn start(&self) -> Instant {
        self.start
    }

    /// Why the stream failed, if it has.
    pub fn error(&self) -> Option<&Error> {
        self.outcome.error.as_ref()
    }

    /// The result so far; final when the stream has ended.
    pub fn outcome(&self) -> &StreamOutcome {
        &self.outcome
    }

    /// Ends the stream for good.
    fn end(&mut self, error: Option<Error>, at: Instant, sink: &mut impl EventSink) {
        self.state.abandon();
        self.end_attempt(error.as_ref(), None, at, sink);
        self.state = StreamState::Over;
        let outcome = &mut self.outcome;
        outcome.error = error;
        outcome.timings.duration = at.saturating_duration_since(self.start);
        outcome.timings.receiving = self.answered.map_or(Duration::ZERO, |answered| {
            at.saturating_duration_since(answered)
        });
        outcome.last_event_id = self.decoder.last_event_id().to_vec();
    }

    /// The error if the stream is closed at this moment.
    fn error_of_close(&self) -> Option<Error> {
        match &self.state {
            StreamState::Unsent | StreamState::Opening(_) => Some(Error::interrupted()),
            StreamState::Refused(_, error) => Some(error.clone()),
            StreamState::Reading(_) | StreamState::Pausing(_) | StreamState::Over => None,
        }
    }

    /// Adds the traffic of the current body since the last call.
    fn count_bytes(&mut self) {
        if let Some(reading) = self.state.reading() {
            let traffic = reading.body().take_traffic();
            self.outcome.bytes_received += traffic.received;
            self.outcome.bytes_sent += traffic.sent;
        }
    }
}

/// A call of `next`. Its end or cancellation pauses the limits, since nobody reads then.
struct Listener<'a>(&'a mut EventStream);

impl<'a> Listener<'a> {
    fn turn_to(stream: &'a mut EventStream) -> Self {
        stream.limits.listen();
        Self(stream)
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        self.0.limits.leave();
    }
}
