//! The transport of an HTTP/2 connection, and how it ended.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::http::io::Io;

/// How a connection ended. All of its streams report it, and the errors of h2 no longer contain it.
#[derive(Debug, Default)]
pub(super) struct Transport(RefCell<Option<ConnectionEnd>>);

#[derive(Debug)]
enum ConnectionEnd {
    /// Properly.
    Closed,
    Broken(io::Error),
}

impl Transport {
    /// Calls `explain` with the error that ended the connection, if any; `None` while the connection is open.
    pub(super) fn ended<T>(&self, explain: impl FnOnce(Option<&io::Error>) -> T) -> Option<T> {
        self.0.borrow().as_ref().map(|end| match end {
            ConnectionEnd::Closed => explain(None),
            ConnectionEnd::Broken(error) => explain(Some(error)),
        })
    }

    fn note(&self, end: ConnectionEnd) {
        self.0.borrow_mut().get_or_insert(end);
    }

    /// Stores the error, and returns one of the same kind.
    fn broke(&self, error: io::Error) -> io::Error {
        let copy = io::Error::new(error.kind(), error.to_string());
        self.note(ConnectionEnd::Broken(error));
        copy
    }
}

/// An [`Io`] whose end is recorded.
#[derive(Debug)]
pub(super) struct MonitoredIo {
    io: Io,
    transport: Rc<Transport>,
}

impl MonitoredIo {
    pub(super) fn new(io: Io, transport: Rc<Transport>) -> Self {
        Self { io, transport }
    }
}

impl AsyncRead for MonitoredIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.io).poll_read(cx, buffer));
        if read.is_ok() && buffer.filled().len() == before {
            self.transport.note(ConnectionEnd::Closed);
        }
        Poll::Ready(read.map_err(|error| self.transport.broke(error)))
    }
}

impl AsyncWrite for MonitoredIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = ready!(Pin::new(&mut self.io).poll_write(cx, bytes));
        Poll::Ready(wrote.map_err(|error| self.transport.broke(error)))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, pieces));
        Poll::Ready(wrote.map_err(|error| self.transport.broke(error)))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
