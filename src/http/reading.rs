//! The loop that reads a body, for any decoder.
//!
//! Time limits are checked while nothing arrives and after every chunk, so that a flood of data cannot defeat them. A
//! body that is always ready yields after a [`TIME_SLICE`].

use std::task::{Context, Poll, ready};
use std::time::Instant;

use http::{Version, header};

use super::body::Body;
use super::error::{Error, ErrorKind};
use super::limit::DeadlineTimer;
use super::limits::{Limits, Passed};
use super::response::Head;
use super::time_slice::{TIME_SLICE, yield_to_runtime};
use crate::sse::Flow;

/// A decoder of a body.
pub(crate) trait Decode {
    /// Takes bytes that were read at `at`, reports signs of life to `limits`, and returns whether it wants more.
    ///
    /// # Errors
    /// The body is invalid.
    fn take(&mut self, bytes: &[u8], at: Instant, limits: &mut Limits) -> Result<Flow, Error>;

    /// Whether the bytes so far end in the middle of an item.
    fn is_cut(&self) -> bool {
        false
    }
}

/// How a body ended.
#[derive(Debug)]
pub(crate) enum BodyEnd {
    /// The body came to its end.
    Body,
    /// The decoder wants no more.
    Enough,
    /// A limit has passed.
    Limit(Passed),
    /// The transport or the decoder failed.
    Failed(Error),
}

/// A body that is being read.
#[derive(Debug)]
pub(crate) struct Reading {
    body: Body,
    timer: DeadlineTimer,
    /// Whether only the end of the connection marks the end of the body.
    ends_by_close: bool,
    /// When to yield, unless there is nothing to read before.
    slice_end: Option<Instant>,
    last_read: Option<Instant>,
    is_behind: bool,
}

impl Reading {
    /// The limits passed to [`Reading::poll_next`] replace those of the body.
    pub(crate) fn new(mut body: Body, head: &Head) -> Self {
        body.set_limit(None, DeadlineTimer::default());
        Self {
            body,
            timer: DeadlineTimer::default(),
            ends_by_close: ends_by_close(head),
            slice_end: None,
            last_read: None,
            is_behind: false,
        }
    }

    /// The body.
    pub(crate) fn body(&self) -> &Body {
        &self.body
    }

    /// Whether the next bytes may have waited for the reader: it has not found the body empty since it read some.
    pub(crate) fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// Closes the connection, unless the body has ended.
    pub(crate) fn abandon(&mut self) {
        self.body.abandon();
    }

    /// Reads and decodes one chunk. Returns how and when the body ended; `None` before.
    pub(crate) fn poll_next<D: Decode>(
        &mut self,
        cx: &mut Context<'_>,
        limits: &mut Limits,
        decoder: &mut D,
    ) -> Poll<Option<(BodyEnd, Instant)>> {
        let chunk = match self.body.poll_chunk(cx) {
            Poll::Ready(Ok(Some(chunk))) => chunk,
            Poll::Ready(Ok(None)) => {
                let at = self.body.ended().unwrap_or_else(Instant::now);
                return Poll::Ready(Some((self.at_end(decoder), at)));
            }
            Poll::Ready(Err(error)) => {
                return Poll::Ready(Some((BodyEnd::Failed(error), Instant::now())));
            }
            Poll::Pending => {
                self.slice_end = None;
                self.is_behind = false;
                let Some((at, passed)) = limits.next() else {
                    return Poll::Pending;
                };
                ready!(self.timer.poll(cx, at));
                return Poll::Ready(Some((BodyEnd::Limit(passed), Instant::now())));
            }
        };
        let at = chunk.at;
        self.is_behind = true;
        let end = if let Some(passed) = limits.too_late(at) {
            Some(BodyEnd::Limit(passed))
        } else {
            match decoder.take(&chunk.bytes, at, limits) {
                Ok(Flow::Continue) => limits.passed(at).map(BodyEnd::Limit),
                Ok(Flow::Stop) => Some(BodyEnd::Enough),
                Err(error) => Some(BodyEnd::Failed(error)),
            }
        };
        if end.is_none() && self.is_slice_over(at) {
            self.slice_end = None;
            yield_to_runtime(cx);
            return Poll::Pending;
        }
        Poll::Ready(end.map(|end| (end, at)))
    }

    /// Whether to yield, by the time at which a chunk was read.
    fn is_slice_over(&mut self, at: Instant) -> bool {
        // One read may decompress to many chunks, which have the same time.
        let is_same_read = self.last_read.replace(at) == Some(at);
        let now = if is_same_read { Instant::now() } else { at };
        now >= *self.slice_end.get_or_insert(now + TIME_SLICE)
    }

    fn at_end(&self, decoder: &impl Decode) -> BodyEnd {
        if self.ends_by_close && decoder.is_cut() {
            let text = "the connection was closed in the middle of an event";
            return BodyEnd::Failed(Error::new(ErrorKind::Truncated, text));
        }
        BodyEnd::Body
    }
}

fn ends_by_close(head: &Head) -> bool {
    head.version <= Version::HTTP_11
        && !head.headers.contains_key(header::CONTENT_LENGTH)
        && !head.headers.contains_key(header::TRANSFER_ENCODING)
}
