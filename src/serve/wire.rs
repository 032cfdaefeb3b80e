//! The socket of a connection, which hyper shares with handlers that break HTTP.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::sync::Mutex;

/// One TCP connection.
#[derive(Debug)]
pub(super) struct SharedSocket {
    stream: TcpStream,
    state: Mutex<WireState>,
}

#[derive(Debug, Default)]
struct WireState {
    requests: u64,
    /// Whether a handler owns the socket, so that hyper does not see what arrives.
    is_taken: bool,
    /// How often hyper has written everything.
    flushes: u64,
    /// The task that waits for the next flush.
    waker: Option<Waker>,
    /// Whether the response in progress is the last one.
    is_last: bool,
    /// Whether the last response is written, so that hyper sees the end of the stream.
    is_over: bool,
}

impl SharedSocket {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            state: Mutex::default(),
        }
    }

    /// Counts a request, and returns its number on this connection, from 1.
    pub(super) fn count_request(&self) -> u64 {
        let mut state = self.state();
        state.requests += 1;
        state.requests
    }

    /// Closes the connection when the response in progress is written, whatever its headers announced. Called at the
    /// end of a response body.
    pub(super) fn close_after_response(&self) {
        self.state().is_last = true;
    }

    /// Makes closing the socket send RST instead of FIN.
    pub(super) fn reset_on_close(&self) {
        let _ = self.stream.set_zero_linger();
    }

    /// Waits until hyper has written everything to the socket. Called from a response body.
    pub(super) async fn flushed(&self) {
        let mut start = None;
        std::future::poll_fn(|context| {
            let mut state = self.state();
            if *start.get_or_insert(state.flushes) < state.flushes {
                return Poll::Ready(());
            }
            state.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Takes the socket from hyper.
    pub(super) fn take(&self) -> &TcpStream {
        self.state().is_taken = true;
        &self.stream
    }

    fn state(&self) -> MutexGuard<'_, WireState> {
        self.state.lock()
    }
}

/// Marks the response of a handler that has written to the socket itself, so that hyper adds nothing.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the handler has answered on the socket itself")]
pub(super) struct Taken;

/// The socket as hyper reads and writes it, until a handler takes it.
pub(super) struct HyperSocket {
    wire: Arc<SharedSocket>,
}

impl HyperSocket {
    pub(super) fn new(wire: Arc<SharedSocket>) -> Self {
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

impl AsyncRead for HyperSocket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = &self.wire;
        match &*wire.state() {
            state if state.is_taken => return Poll::Pending,
            state if state.is_over => return Poll::Ready(Ok(())),
            _ => {}
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

impl AsyncWrite for HyperSocket {
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

    /// Called when everything is written; a TCP socket needs no flush.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.wire.state();
        state.flushes += 1;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
        if state.is_last {
            // Not earlier: when a client leaves, hyper drops what is not written. Wakes it, so that it reads again.
            state.is_over = true;
            context.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    /// Does nothing: the socket closes when its last owner drops it, a moment later.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
