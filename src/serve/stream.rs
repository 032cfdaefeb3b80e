//! Response bodies that a future produces; the future also chooses how they end.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::Frame;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::wire::SharedSocket;
use crate::sync::Mutex;

/// The pause between the last byte and a reset, since RST discards bytes in flight.
const RESET_PAUSE: Duration = Duration::from_millis(20);

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseEnd {
    /// Properly; the connection can be reused.
    Complete,
    /// Properly, but the connection then closes unannounced.
    Hangup,
    /// The connection closes in the middle of the body. Over HTTP/2, only the stream is cut off.
    Truncate,
    /// The connection is reset in the middle of the body. Over HTTP/2, only the stream is cut off.
    Reset,
}

/// Sends the bytes of a body.
#[derive(Debug)]
pub(super) struct BodySender {
    slot: Slot,
}

/// The bytes that hyper takes next. Producer and hyper run in one task, so neither waits for the lock.
type Slot = Arc<Mutex<Option<Bytes>>>;

impl BodySender {
    /// Sends one HTTP chunk, and waits until hyper has taken it. Ignores empty `bytes`.
    pub(super) async fn send(&self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        *self.slot.lock() = Some(bytes);
        // Needs no waker: when hyper has taken this frame, it polls the producer for the next one.
        std::future::poll_fn(|_| {
            if self.slot.lock().is_none() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Waits for `future`, and sends `ping` after each interval without data.
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

    /// Waits until `due`, and sends `ping` after each interval without data.
    pub(super) async fn wait_until(&self, due: Instant, ping: Option<&Ping>) {
        // A timer is costly and rounds up to a millisecond, so none is used if the time has passed.
        if due > Instant::now() {
            self.wait_for(sleep_until(due), ping).await;
        }
    }
}

/// Bytes that are sent during silence.
#[derive(Debug, Clone)]
pub(super) struct Ping {
    /// The longest silence; not zero.
    pub(super) interval: Duration,
    /// The bytes.
    pub(super) bytes: Bytes,
}

/// A body with the bytes that `produce` sends. `wire` is the connection if the body has it to itself.
pub(super) fn body<F>(
    wire: Option<Arc<SharedSocket>>,
    produce: impl FnOnce(BodySender) -> F,
) -> Body
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

/// Ends a body; an error cuts it off.
async fn end_body(end: ResponseEnd, wire: Option<&SharedSocket>) -> io::Result<()> {
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
            // A client that does not read delays the flush.
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
        "cut off on request",
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
