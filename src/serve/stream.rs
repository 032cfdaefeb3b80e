//! Response bodies written by a future, which also chooses how they end.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::Frame;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::wire::Wire;
use crate::sync::Mutex;

/// How long a reset waits after the last byte: RST discards what is still on its way.
const RESET_PAUSE: Duration = Duration::from_millis(20);

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseEnd {
    /// As HTTP has it; the connection can be used again.
    Complete,
    /// A complete body, after which the connection closes without notice.
    Hangup,
    /// The connection closes in the middle of the body. On HTTP/2 only the stream breaks off.
    Truncate,
    /// The connection is reset in the middle of the body. On HTTP/2 only the stream breaks off.
    Reset,
}

/// Where the producer of a body puts its bytes.
#[derive(Debug)]
pub(super) struct BodySender {
    slot: Slot,
}

/// Bytes on their way from the producer to hyper. Both run in one task, so neither ever waits for the lock.
type Slot = Arc<Mutex<Option<Bytes>>>;

impl BodySender {
    /// Sends one HTTP chunk; completes when hyper has taken it. Empty `bytes` are ignored.
    pub(super) async fn send(&self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        *self.slot.lock() = Some(bytes);
        // No waker: hyper asks for the next frame, and so polls the producer, once it has taken this one.
        std::future::poll_fn(|_| {
            if self.slot.lock().is_none() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Waits for `future`. With `ping`, sends it whenever nothing was sent for its interval.
    pub(super) async fn wait_for<T>(
        &self,
        future: impl Future<Output = T>,
        ping: Option<&Ping>,
    ) -> T {
        let Some(ping) = ping else {
            return future.await;
        };
        tokio::pin!(future);
        loop {
            match timeout_at(Instant::now() + ping.interval, &mut future).await {
                Ok(value) => return value,
                Err(_) => self.send(ping.bytes.clone()).await,
            }
        }
    }

    /// Waits until `due`. With `ping`, sends it whenever nothing was sent for its interval.
    pub(super) async fn wait_until(&self, due: Instant, ping: Option<&Ping>) {
        let Some(ping) = ping else {
            // A timer has its cost and its grain of a millisecond: none is started for what is already due.
            if due > Instant::now() {
                sleep_until(due).await;
            }
            return;
        };
        loop {
            let next = Instant::now() + ping.interval;
            sleep_until(due.min(next)).await;
            if due <= next {
                return;
            }
            self.send(ping.bytes.clone()).await;
        }
    }
}

/// Keep-alive bytes for times of silence.
#[derive(Debug, Clone)]
pub(super) struct Ping {
    /// Longest silence; not zero.
    pub(super) interval: Duration,
    /// What breaks it.
    pub(super) bytes: Bytes,
}

/// A body made of the bytes `produce` sends. `wire` is the connection when the body has it to itself.
pub(super) fn body<F>(wire: Option<Arc<Wire>>, produce: impl FnOnce(BodySender) -> F) -> Body
where
    F: Future<Output = ResponseEnd> + Send + 'static,
{
    let slot = Slot::default();
    let sending = produce(BodySender {
        slot: Arc::clone(&slot),
    });
    let producer = Box::pin(async move {
        let end = sending.await;
        end_body(end, wire.as_deref()).await
    });
    Body::new(Produced {
        slot,
        producer: Some(producer),
    })
}

/// Makes `end` happen; an error breaks the body off.
async fn end_body(end: ResponseEnd, wire: Option<&Wire>) -> io::Result<()> {
    match end {
        ResponseEnd::Complete => return Ok(()),
        ResponseEnd::Hangup => {
            if let Some(wire) = wire {
                wire.close_after_response();
            }
            return Ok(());
        }
        ResponseEnd::Truncate | ResponseEnd::Reset => {}
    }
    match wire {
        Some(wire) => {
            // A flush that a client delays for long is a flush of bytes nobody reads.
            let _ = timeout_at(Instant::now() + Duration::from_mins(1), wire.flushed()).await;
            if end == ResponseEnd::Reset {
                sleep(RESET_PAUSE).await;
                wire.reset_on_close();
            }
        }
        None => sleep(RESET_PAUSE).await,
    }
    Err(io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "broken off on request",
    ))
}

struct Produced {
    slot: Slot,
    producer: Option<Pin<Box<dyn Future<Output = io::Result<()>> + Send>>>,
}

impl hyper::body::Body for Produced {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Some(producer) = &mut self.producer else {
            return Poll::Ready(None);
        };
        match producer.as_mut().poll(context) {
            Poll::Pending => match self.slot.lock().take() {
                Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                None => Poll::Pending,
            },
            Poll::Ready(end) => {
                self.producer = None;
                Poll::Ready(end.err().map(Err))
            }
        }
    }
}
