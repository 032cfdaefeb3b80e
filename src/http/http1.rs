//! An HTTP/1.1 connection, polled by its user without a task or channel; it holds no buffer while idle.
//!
//! Each read goes into a buffer of the thread and is parsed completely. A connection keeps only results that were not
//! fetched yet: bytes of the body, and its end.

mod request_writer;

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};

use self::request_writer::RequestWriter;
use super::error::{Error, ErrorKind};
use super::io::{IdleState, Io, Link};
use super::request::Outgoing;
use super::response::ResponseHead;
use super::time_slice::yield_to_runtime;
use super::unprocessed::{Disconnect, is_unprocessed};
use super::wire_error::{ResponseStage, from_read};
use crate::h1::{AtEnd, Parser, Step};

/// The size of a read.
const READ: usize = 32 * 1024;

/// The most reads for a head before yielding, since interim responses may never end.
const ROUNDS: usize = 8;

thread_local! {
    /// A read is parsed before the next one, so all connections of a thread share one buffer.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ].into());
}

/// One connection; one request at a time.
#[derive(Debug)]
pub(crate) struct Http1 {
    pub(crate) link: Rc<Link>,
    io: Io,
    parser: Parser,
    /// The rest of the request to write.
    writer: Option<Box<RequestWriter>>,
    /// Whether the request is a HEAD, whose response has no body.
    bodiless: bool,
    stage: ResponseStage,
    /// Bytes of the body from one read that were not fetched yet.
    body: Bytes,
    /// How the exchange ended. `Ok(true)`: successfully, and the server keeps the connection open.
    end: Option<Result<bool, Box<Error>>>,
    /// Whether the peer reset the connection.
    reset: bool,
}

impl Http1 {
    pub(crate) fn new(io: Io, link: Rc<Link>) -> Self {
        Self {
            link,
            io,
            parser: Parser::default(),
            writer: None,
            bodiless: false,
            stage: ResponseStage::Head,
            body: Bytes::new(),
            end: None,
            reset: false,
        }
    }

    /// Sends a request and waits for the head of its response. If the future is dropped, the connection must be dropped
    /// too.
    pub(crate) async fn send(&mut self, request: &Outgoing<'_>) -> Result<ResponseHead, Error> {
        self.writer = Some(Box::new(RequestWriter::new(request)?));
        self.link.begin();
        self.bodiless = *request.method() == http::Method::HEAD;
        self.stage = ResponseStage::Head;
        self.end = None;
        std::future::poll_fn(|cx| self.poll_head(cx)).await
    }

    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<ResponseHead, Error>> {
        for _ in 0..ROUNDS {
            self.write(cx);
            if let Some(Err(error)) = self.end.take() {
                return Poll::Ready(Err(*error));
            }
            if let Some(head) = ready!(self.read(cx)) {
                return Poll::Ready(Ok(head));
            }
        }
        yield_to_runtime(cx);
        Poll::Pending
    }

    /// The next bytes of the body, those of one read; `None` at its end.
    pub(crate) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            if !self.body.is_empty() {
                return Poll::Ready(Some(Ok(std::mem::take(&mut self.body))));
            }
            match &self.end {
                Some(Ok(_)) => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err((**error).clone()))),
                None => {}
            }
            self.write(cx);
            ready!(self.read(cx));
        }
    }

    /// Whether the response is complete and fetched.
    pub(crate) fn is_over(&self) -> bool {
        self.body.is_empty() && matches!(self.end, Some(Ok(_)))
    }

    /// Whether both sides keep the connection open for another request.
    pub(crate) fn is_kept(&self) -> bool {
        self.writer.is_none() && matches!(self.end, Some(Ok(true)))
    }

    /// Whether another request may be sent: the connection is open, and no unexpected data has arrived.
    pub(crate) fn is_fit(&mut self) -> bool {
        match (self.link.idle_state(), &self.io) {
            (IdleState::Quiet, _) => true,
            (IdleState::Closed, _) | (IdleState::Data, Io::Left(_)) => false,
            // TLS sends messages between requests. One of them announces the end.
            (IdleState::Data, Io::Right(_)) => self
                .poll_bytes(&mut Context::from_waker(Waker::noop()), |_, _| ())
                .is_pending(),
        }
    }

    /// Whether the server cannot have processed the request that has just failed.
    pub(crate) async fn is_unprocessed(&self, idempotent: bool, closer: bool) -> bool {
        let disconnect = Disconnect {
            reset: self.reset,
            idempotent,
            closer,
        };
        self.link.answered().is_none() && is_unprocessed(&self.link, disconnect).await
    }

    /// Writes what the socket accepts. The reading side reports a closed connection, since an answer may come first.
    fn write(&mut self, cx: &mut Context<'_>) {
        let Some(writer) = &mut self.writer else {
            return;
        };
        match writer.poll_write(&mut self.io, cx) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => self.writer = None,
            Poll::Ready(Err(error)) => match error.kind() {
                io::ErrorKind::BrokenPipe => writer.give_up(),
                io::ErrorKind::ConnectionReset => {
                    self.reset = true;
                    writer.give_up();
                }
                _ => self.fail(from_read(Some(&error), self.stage)),
            },
        }
    }

    /// Reads once. Returns a head, and keeps what follows it.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<Option<ResponseHead>> {
        self.poll_bytes(cx, |this, read| match read {
            Ok([]) => {
                this.closed();
                None
            }
            Ok(bytes) => this.take(bytes),
            Err(error) => {
                this.reset |= error.kind() == io::ErrorKind::ConnectionReset;
                this.fail(from_read(Some(&error), this.stage));
                None
            }
        })
    }

    fn poll_bytes<T>(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&mut Self, io::Result<&[u8]>) -> T,
    ) -> Poll<T> {
        BUFFER.with_borrow_mut(|buffer| {
            let mut buffer = ReadBuf::new(buffer);
            let read = ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer));
            Poll::Ready(take(self, read.map(|()| buffer.filled())))
        })
    }

    fn take(&mut self, bytes: &[u8]) -> Option<ResponseHead> {
        self.link.note_answer();
        let mut input = bytes;
        let mut found = None;
        let mut body = Vec::new();
        while self.end.is_none() {
            match self.parser.next(&mut input, self.bodiless) {
                Ok(Step::More) => break,
                Ok(Step::Head(head)) => match ResponseHead::of(&head) {
                    Ok(head) => {
                        found = Some(head);
                        self.stage = ResponseStage::Body;
                    }
                    Err(error) => self.fail(error),
                },
                Ok(Step::Body(piece)) => {
                    if body.is_empty() {
                        body.reserve_exact(piece.len() + input.len());
                    }
                    body.extend_from_slice(piece);
                }
                // The meaning of bytes after the response is unknown.
                Ok(Step::End { keep_alive }) => self.end = Some(Ok(keep_alive && input.is_empty())),
                Err(malformed) => {
                    let text = format!("not a valid HTTP response: {malformed}");
                    self.fail(Error::new(ErrorKind::Protocol, text));
                }
            }
        }
        self.body = body.into();
        found
    }

    /// The peer has closed its side.
    fn closed(&mut self) {
        if self.parser.at_end() == AtEnd::Complete && !self.reset {
            self.end = Some(Ok(false));
            return;
        }
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        self.fail(from_read(self.reset.then_some(&reset), self.stage));
    }

    fn fail(&mut self, error: Error) {
        self.end = Some(Err(Box::new(error)));
    }
}
