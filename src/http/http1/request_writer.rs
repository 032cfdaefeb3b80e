//! The rest of a request that the socket has not accepted yet.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

use crate::http::error::Error;
use crate::http::io::Io;
use crate::http::request::Outgoing;

/// The longest body that is appended to its head, so that both are one write and, with TLS, one record.
const SHORT: usize = 4 * 1024;

#[derive(Debug)]
pub(super) struct RequestWriter {
    /// The head, with a short body.
    head: Vec<u8>,
    /// How much of it is written.
    written: usize,
    body: Bytes,
    /// Whether the peer accepts no more.
    given_up: bool,
}

impl RequestWriter {
    pub(super) fn new(request: &Outgoing<'_>) -> Result<Self, Error> {
        let mut head = Vec::with_capacity(256);
        request.write_head(&mut head)?;
        let mut body = request.body().clone();
        if body.len() <= SHORT {
            head.extend_from_slice(&body);
            body.clear();
        }
        Ok(Self {
            head,
            written: 0,
            body,
            given_up: false,
        })
    }

    /// Writes the rest; stays pending after giving up.
    pub(super) fn poll_write(&mut self, io: &mut Io, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.given_up {
            return Poll::Pending;
        }
        loop {
            let head = &self.head[self.written..];
            let pinned = Pin::new(&mut *io);
            let written = match (head, &self.body[..]) {
                ([], []) => return Pin::new(io).poll_flush(cx),
                ([], body) => pinned.poll_write(cx, body),
                (head, []) => pinned.poll_write(cx, head),
                (head, body) => {
                    let both = [IoSlice::new(head), IoSlice::new(body)];
                    pinned.poll_write_vectored(cx, &both)
                }
            };
            let written = ready!(written)?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let of_head = written.min(head.len());
            self.written += of_head;
            self.body.advance(written - of_head);
        }
    }

    /// Discards the rest, which the peer will not accept.
    pub(super) fn give_up(&mut self) {
        self.given_up = true;
        self.head = Vec::new();
        self.written = 0;
        self.body.clear();
    }
}
