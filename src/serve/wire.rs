//! The socket of a connection, shared by hyper and handlers that break HTTP.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::sync::Mutex;

/// One TCP connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    requests: AtomicU64,
    /// A handler owns the socket: hyper no longer sees what arrives.
    taken: AtomicBool,
    /// The connection serves no more requests: hyper sees the end of the stream.
    over: AtomicBool,
    writing: Mutex<Writing>,
}

/// What is known of hyper's writes.
#[derive(Debug, Default)]
struct Writing {
    /// How often everything was written.
    flushes: u64,
    /// Who waits for the next time.
    waker: Option<Waker>,
    /// The reply in progress is the last one.
    is_last: bool,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            requests: AtomicU64::new(0),
            taken: AtomicBool::new(false),
            over: AtomicBool::new(false),
            writing: Mutex::default(),
        }
    }

    /// Counts a request of this connection: the first one is 1.
    pub(super) fn count_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Closes the connection when the reply in progress is written, whatever its headers promised. Called at the end
    /// of a response body.
    pub(super) fn close_after_reply(&self) {
        self.writing().is_last = true;
    }

    /// From now on, closing the socket sends RST instead of FIN.
    pub(super) fn reset_on_close(&self) {
        let _ = self.stream.set_zero_linger();
    }

    /// Completes when hyper has handed everything it holds to the socket. Called from a response body.
    pub(super) async fn flushed(&self) {
        let mut start = None;
        std::future::poll_fn(|context| {
            let mut writing = self.writing();
            if *start.get_or_insert(writing.flushes) < writing.flushes {
                return Poll::Ready(());
            }
            writing.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Takes the socket away from hyper.
    pub(super) fn take(&self) -> &TcpStream {
        self.taken.store(true, Ordering::Release);
        &self.stream
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock()
    }
}

/// Marks the response of a handler that has written to the socket itself: hyper must not add to it.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the handler has answered on the socket itself")]
pub(super) struct Taken;

/// What hyper reads and writes: the socket, until a handler takes it.
pub(super) struct Socket {
    wire: Arc<Wire>,
}

impl Socket {
    pub(super) fn new(wire: Arc<Wire>) -> Self {
        Self { wire }
    }

    fn poll_write_with(
        &self,
        context: &mut Context<'_>,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.wire.stream.poll_write_ready(context))?;
            match write(&self.wire.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = &self.wire;
        if wire.taken.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        if wire.over.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        loop {
            ready!(wire.stream.poll_read_ready(context))?;
            match wire.stream.try_read_buf(buffer) {
                Ok(_) => return Poll::Ready(Ok(())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(context, |stream| stream.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(context, |stream| stream.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Called once everything before it is written; a TCP socket itself needs no flush.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut writing = self.wire.writing();
        writing.flushes += 1;
        if let Some(waker) = writing.waker.take() {
            waker.wake();
        }
        if writing.is_last {
            // Not before: hyper drops what it still holds when a client leaves. Wake it, so that it reads again.
            self.wire.over.store(true, Ordering::Release);
            context.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    /// The socket closes when its last owner drops it, a moment later.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
