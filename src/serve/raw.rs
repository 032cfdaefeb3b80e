//! Access to the socket for handlers that break HTTP.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use super::wire::{SharedSocket, Taken};

/// A connection that was taken from hyper. It closes when the handler returns its response.
#[derive(Debug)]
pub(super) struct Raw {
    wire: Arc<SharedSocket>,
}

impl Raw {
    /// Takes the socket; the handler must then return [`Raw::response`].
    pub(super) fn take(wire: Arc<SharedSocket>) -> Self {
        wire.take();
        Self { wire }
    }

    /// The response that makes hyper close the connection without writing.
    pub(super) fn response() -> Response {
        let mut response = ().into_response();
        response.extensions_mut().insert(Taken);
        response
    }

    /// Writes all of `bytes`.
    pub(super) async fn write(&self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        let mut bytes = bytes.as_ref();
        let stream = self.wire.take();
        while !bytes.is_empty() {
            stream.writable().await?;
            match stream.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends nothing until the client disconnects or `limit` has passed. Discards what the client sends.
    pub(super) async fn hold(&self, limit: Duration) {
        let _ = timeout(limit, async {
            while self.read().await.is_ok_and(|read| read > 0) {}
        })
        .await;
    }

    /// Waits for the first bytes of another request, at most for `limit`, and then closes the connection without reading
    /// them.
    pub(super) async fn leave_at_next_request(&self, limit: Duration) {
        let stream = self.wire.take();
        let _ = timeout(limit, stream.peek(&mut [0])).await;
        let _ = socket2::SockRef::from(stream).shutdown(std::net::Shutdown::Both);
    }

    async fn read(&self) -> io::Result<usize> {
        let stream = self.wire.take();
        let mut buffer = [0; 4096];
        loop {
            stream.readable().await?;
            match stream.try_read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }
}
