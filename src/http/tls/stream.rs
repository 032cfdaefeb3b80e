//! TLS over another layer.

use std::io::{self, IoSlice, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

use crate::http::io::Io;

/// A TLS session. Bytes before a bad record are returned before its error.
#[derive(Debug)]
pub(crate) struct TlsSession {
    stream: TlsStream<Io>,
    /// An error to report after the bytes before it.
    fault: Option<io::Error>,
}

impl TlsSession {
    pub(super) fn new(stream: TlsStream<Io>) -> Self {
        Self {
            stream,
            fault: None,
        }
    }
}

impl AsyncRead for TlsSession {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let fault = match self.fault.take() {
            Some(fault) => fault,
            None => match ready!(Pin::new(&mut self.stream).poll_read(cx, buffer)) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(fault) => fault,
            },
        };
        let room = buffer.initialize_unfilled();
        match self.stream.get_mut().1.reader().read(room) {
            Ok(read) if read > 0 => {
                buffer.advance(read);
                self.fault = Some(fault);
                Poll::Ready(Ok(()))
            }
            _ => Poll::Ready(Err(fault)),
        }
    }
}

impl AsyncWrite for TlsSession {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
