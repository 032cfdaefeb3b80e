//! The body of an answer, read to the end of what it has to say.

use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};

use super::call::Call;
use super::listener::{Listener, Told};
use crate::http::{Alarm, Body, Chunk, Error, ErrorKind, Limit};
use crate::llm::{Heard, Reader};
use crate::sse::{Decoder, Event, Flow, Sink};

/// So long the end of a body may take after the stream has said that it is over, for the connection's sake.
const LINGER: Duration = Duration::from_secs(1);

/// As much of an answer that is no stream is read, for the message in it and for the connection's sake.
const MAX_REFUSED: usize = 64 * 1024;
/// And for so long.
const PATIENCE: Duration = Duration::from_secs(5);

/// How the reading of a body ended.
pub(super) enum Ended {
    /// The body ended where it should.
    Eof,
    /// The listener had enough, or the end of the body was not worth waiting for.
    Closed,
    /// There was no sign of life for too long.
    Stalled(Error),
    /// The transport failed, or a limit on time or size was passed.
    Failed(Error),
}

/// A body on its way. Dropped in the middle, it tells the listener.
pub(super) struct Reading<'a, L: Listener> {
    pub(super) body: Body,
    listener: &'a mut L,
    is_over: bool,
}

impl<'a, L: Listener> Reading<'a, L> {
    pub(super) fn new(body: Body, listener: &'a mut L) -> Self {
        Self {
            body,
            listener,
            is_over: false,
        }
    }

    /// Feeds `reader` with all of the body. Times are since `start`; `stall` is the limit on the silence that reigns.
    pub(super) async fn run(
        &mut self,
        call: &Call,
        start: Instant,
        mut stall: Option<Limit>,
        reader: &mut Reader,
    ) -> Ended {
        let mut decoder = Decoder::new(call.max_event_bytes);
        let mut told = Told::default();
        let mut linger = None;
        let mut alarm = Alarm::default();
        let ended = loop {
            let chunk = match self.next(linger.or(stall), &mut alarm).await {
                Next::Chunk(Ok(Some(chunk))) => chunk,
                Next::Chunk(Ok(None)) => break Ended::Eof,
                Next::Chunk(Err(error)) => break Ended::Failed(error),
                Next::Enough => break Ended::Closed,
                Next::TooLate => break passed(linger, stall),
            };
            let mut tap = Tap {
                at: chunk.at.saturating_duration_since(start),
                reader: &mut *reader,
                listener: &mut *self.listener,
                told: &mut told,
                is_alive: false,
                is_over: false,
            };
            if call.dialect.is_ndjson() {
                let heard = tap.reader.bytes(tap.at, &chunk.bytes);
                tap.hear(heard);
            } else if let Err(error) = decoder.push(&chunk.bytes, &mut tap) {
                break Ended::Failed(Error::new(ErrorKind::TooLarge, error.to_string()));
            }
            let Tap {
                is_alive, is_over, ..
            } = tap;
            if is_over && linger.is_none() {
                linger = Limit::new("linger", LINGER, Instant::now());
            }
            if is_alive {
                stall = stall.and_then(|limit| Limit::new(limit.name, limit.length, chunk.at));
            }
            // A flood of comments leaves no time to look at the alarm.
            if linger.or(stall).is_some_and(|limit| limit.passed(chunk.at)) {
                break passed(linger, stall);
            }
        };
        self.is_over = true;
        ended
    }

    async fn next(&mut self, limit: Option<Limit>, alarm: &mut Alarm) -> Next {
        poll_fn(|cx| {
            if self.listener.poll_enough(cx).is_ready() {
                return Poll::Ready(Next::Enough);
            }
            match (self.body.poll_chunk(cx), limit) {
                (Poll::Pending, Some(limit)) => alarm.poll(cx, limit.at).map(|()| Next::TooLate),
                (polled, _) => polled.map(Next::Chunk),
            }
        })
        .await
    }

    /// Reads the body of an answer that is no stream: what there is of it.
    pub(super) async fn refused(&mut self) -> Bytes {
        let mut kept = BytesMut::new();
        let mut alarm = Alarm::default();
        let patience = Limit::new("patience", PATIENCE, Instant::now());
        while let Next::Chunk(Ok(Some(chunk))) = self.next(patience, &mut alarm).await {
            let room = MAX_REFUSED - kept.len();
            kept.extend_from_slice(&chunk.bytes[..chunk.bytes.len().min(room)]);
            if chunk.bytes.len() > room {
                break;
            }
        }
        self.is_over = true;
        kept.freeze()
    }
}

impl<L: Listener> Drop for Reading<'_, L> {
    fn drop(&mut self) {
        if !self.is_over {
            self.listener.cut_off(self.body.traffic());
        }
    }
}

/// What came next.
enum Next {
    Chunk(Result<Option<Chunk>, Error>),
    /// The listener has had enough.
    Enough,
    /// The limit has passed.
    TooLate,
}

/// What it means that a limit has passed.
fn passed(linger: Option<Limit>, stall: Option<Limit>) -> Ended {
    match (linger, stall) {
        (None, Some(limit)) => Ended::Stalled(stalled(&limit)),
        _ => Ended::Closed,
    }
}

/// The error of a server that is silent.
pub(super) fn stalled(limit: &Limit) -> Error {
    limit.error("no event but comments and keep-alives")
}

/// Stands between the decoder and the reader, and tells the listener.
struct Tap<'a, L> {
    at: Duration,
    reader: &'a mut Reader,
    listener: &'a mut L,
    told: &'a mut Told,
    is_alive: bool,
    is_over: bool,
}

impl<L: Listener> Tap<'_, L> {
    #[inline]
    fn hear(&mut self, heard: Heard) {
        self.is_alive |= heard.is_alive;
        self.is_over |= heard.is_over;
        if heard.fragment.is_some() && self.listener.wants_fragments() {
            self.told.tell(self.at, self.reader, self.listener);
        }
    }
}

impl<L: Listener> Sink for Tap<'_, L> {
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
