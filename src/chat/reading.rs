//! Reads the body of a reply to its end.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::listener::{Forwarded, Listener};
use super::model_request::ModelRequest;
use crate::http::{
    Body, BodyEnd, DeadlineTimer, Decode, Error, ErrorKind, Head, Limit, Limits, Passed, Reading,
    Refused, Traffic,
};
use crate::llm::{Reader, ReaderUpdate};
use crate::sse::{DEFAULT_MAX_EVENT_BYTES, Decoder, Event, Flow, Sink};

/// The maximum time for the end of the body once the reply is complete, so that the connection can be reused.
const LINGER: Duration = Duration::from_secs(1);

/// The maximum number of bytes to read of an answer that is not a stream.
const MAX_REFUSED: usize = 64 * 1024;

/// The name of the limit on the silence of a server.
pub(super) const STALL: &str = "stall_timeout";

/// The end of reading a body.
pub(super) enum BodyOutcome {
    /// The body is complete.
    Eof,
    /// The listener stopped, or the end of the body took too long after the reply was complete.
    Closed,
    /// The server gave no sign of life for too long.
    Stalled(Error),
    /// The transport failed, or a limit on time or size was exceeded.
    Failed(Error),
}

/// An exchange in progress. If it is dropped before its end, it calls [`Listener::cut_off`].
pub(super) struct UnderWay<'a, L: Listener> {
    listener: &'a mut L,
    head: Option<Head>,
    body: Source,
    is_over: bool,
}

/// The body of the answer.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for each reply under way, and it is not moved"
)]
enum Source {
    /// There is no answer yet.
    None,
    Stream(Reading),
    Refused(Refused),
}

impl<'a, L: Listener> UnderWay<'a, L> {
    pub(super) fn new(listener: &'a mut L) -> Self {
        Self {
            listener,
            head: None,
            body: Source::None,
            is_over: false,
        }
    }

    /// Ends the exchange. Returns the head of the answer, and the bytes on the wire.
    pub(super) fn over(mut self) -> (Option<Head>, Traffic) {
        self.is_over = true;
        (self.head.take(), self.traffic())
    }

    /// The time at which the end of the body was read from the socket, if it was.
    pub(super) fn ended(&self) -> Option<Instant> {
        self.body().and_then(Body::ended)
    }

    fn traffic(&self) -> Traffic {
        self.body().map(Body::traffic).unwrap_or_default()
    }

    fn body(&self) -> Option<&Body> {
        match &self.body {
            Source::None => None,
            Source::Stream(reading) => Some(reading.body()),
            Source::Refused(refused) => Some(refused.reading.body()),
        }
    }

    /// Reads the whole body into `reader`. Times count from `start`.
    pub(super) async fn read(
        &mut self,
        (head, body): (Head, Body),
        call: &ModelRequest,
        start: Instant,
        limits: &mut Limits,
        reader: &mut Reader,
    ) -> BodyOutcome {
        let reading = Reading::new(body, &head);
        self.head = Some(head);
        self.body = Source::Stream(reading);
        let Source::Stream(reading) = &mut self.body else {
            return BodyOutcome::Closed;
        };
        let mut decoder = Decoder::new(DEFAULT_MAX_EVENT_BYTES);
        let mut forwarded = Forwarded::default();
        let mut timer = DeadlineTimer::default();
        let mut is_over = false;
        let end = poll_fn(|cx| {
            loop {
                match self.listener.poll_ready(cx) {
                    Poll::Ready(Flow::Continue) => limits.listen(),
                    Poll::Ready(Flow::Stop) => return Poll::Ready(BodyEnd::Enough),
                    Poll::Pending => return poll_away(cx, limits, &mut timer).map(BodyEnd::Limit),
                }
                reader.behind(reading.is_behind());
                let mut words = Words {
                    decoder: (!call.api.is_ndjson()).then_some(&mut decoder),
                    reader: &mut *reader,
                    listener: &mut *self.listener,
                    forwarded: &mut forwarded,
                    start,
                    is_over: &mut is_over,
                };
                if let Some((end, _)) = std::task::ready!(reading.poll_next(cx, limits, &mut words))
                {
                    return Poll::Ready(end);
                }
            }
        })
        .await;
        reading.abandon();
        match end {
            BodyEnd::Body => BodyOutcome::Eof,
            BodyEnd::Enough | BodyEnd::Limit(Passed::Enough) => BodyOutcome::Closed,
            BodyEnd::Limit(Passed::Idle(limit) | Passed::First(limit)) => {
                BodyOutcome::Stalled(stalled(&limit))
            }
            BodyEnd::Limit(Passed::Timeout(limit)) => {
                BodyOutcome::Failed(limit.error("the response is not complete"))
            }
            BodyEnd::Failed(error) => BodyOutcome::Failed(error),
        }
    }

    /// Reads the body of an answer that is not a stream, up to the maximum.
    pub(super) async fn refuse(
        &mut self,
        (head, body): (Head, Body),
        limit: Option<Limit>,
    ) -> Bytes {
        let refused = Refused::new(body, &head, limit, MAX_REFUSED);
        self.head = Some(head);
        self.body = Source::Refused(refused);
        let Source::Refused(refused) = &mut self.body else {
            return Bytes::new();
        };
        let (bytes, _) = poll_fn(|cx| refused.poll(cx)).await;
        refused.reading.abandon();
        bytes
    }
}

impl<L: Listener> Drop for UnderWay<'_, L> {
    fn drop(&mut self) {
        if !self.is_over {
            let traffic = self.traffic();
            self.listener.cut_off(self.head.as_ref(), traffic);
        }
    }
}

/// Waits for a listener that cannot take more. Meanwhile, only the limits for the whole exchange apply, because the silence is
/// not that of the server.
fn poll_away(cx: &mut Context<'_>, limits: &mut Limits, timer: &mut DeadlineTimer) -> Poll<Passed> {
    limits.leave();
    match limits.next_of_whole() {
        Some((at, passed)) => timer.poll(cx, at).map(|()| passed),
        None => Poll::Pending,
    }
}

/// The error for a silent server.
pub(super) fn stalled(limit: &Limit) -> Error {
    limit.error("no event but comments and keep-alives")
}

/// Decodes a body for the reader and passes fragments to the listener.
struct Words<'a, L> {
    /// `None` for JSON lines, which the reader splits.
    decoder: Option<&'a mut Decoder>,
    reader: &'a mut Reader,
    listener: &'a mut L,
    forwarded: &'a mut Forwarded,
    /// The start of the request.
    start: Instant,
    /// Whether the reply is complete.
    is_over: &'a mut bool,
}

impl<L: Listener> Decode for Words<'_, L> {
    fn take(&mut self, bytes: &[u8], at: Instant, limits: &mut Limits) -> Result<Flow, Error> {
        let mut heard = Hearing {
            at: at.saturating_duration_since(self.start),
            reader: &mut *self.reader,
            listener: &mut *self.listener,
            forwarded: &mut *self.forwarded,
            is_alive: false,
            is_over: false,
        };
        if let Some(decoder) = &mut self.decoder {
            decoder
                .push(bytes, &mut heard)
                .map_err(|error| Error::new(ErrorKind::TooLarge, error.to_string()))?;
        } else {
            let lines = heard.reader.bytes(heard.at, bytes);
            heard.hear(lines);
        }
        let Hearing {
            is_alive, is_over, ..
        } = heard;
        if *self.is_over {
            return Ok(Flow::Continue);
        }
        if is_over {
            *self.is_over = true;
            limits.linger(Limit::new("linger", LINGER, at));
        } else if is_alive {
            limits.alive(at);
        }
        Ok(Flow::Continue)
    }

    fn is_cut(&self) -> bool {
        !*self.is_over
            && self
                .decoder
                .as_ref()
                .is_some_and(|decoder| decoder.is_cut())
    }
}

/// Passes the events of a chunk from the decoder to the reader.
struct Hearing<'a, L> {
    at: Duration,
    reader: &'a mut Reader,
    listener: &'a mut L,
    forwarded: &'a mut Forwarded,
    is_alive: bool,
    is_over: bool,
}

impl<L: Listener> Hearing<'_, L> {
    #[inline]
    fn hear(&mut self, heard: ReaderUpdate) {
        self.is_alive |= heard.is_alive;
        self.is_over |= heard.is_over;
        if heard.fragment.is_some() && self.listener.wants_fragments() {
            self.forwarded.forward(self.at, self.reader, self.listener);
        }
    }
}

impl<L: Listener> Sink for Hearing<'_, L> {
    #[inline]
    fn event(&mut self, event: &Event<'_>) -> Flow {
        let heard = self.reader.event(self.at, event.name, event.data);
        self.hear(heard);
        Flow::Continue
    }

    fn comment(&mut self, _: &[u8]) -> Flow {
        self.reader.comment();
        Flow::Continue
    }
}
