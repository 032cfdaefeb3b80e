//! An HTTP/1.1 connection, driven by whoever waits for it.
//!
//! The HTTP library's connection is a future that somebody has to poll. It is polled here by the request itself rather
//! than by a task of its own: a chunk then costs one wake-up instead of a ping-pong between two tasks, a dropped
//! request closes its socket at once, and an idle connection costs no task.

use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;

use super::io::{Glance, Io, Link};

/// The longest head of a response, and the longest trailers.
const MAX_HEAD: usize = 256 * 1024;

/// Times that a connection is polled again because it woke itself, before the task gives others a turn.
const ROUNDS: usize = 4;

/// One connection; one request at a time.
#[derive(Debug)]
pub(crate) struct Http1 {
    pub(crate) link: Rc<Link>,
    sender: SendRequest<Full<Bytes>>,
    /// `None` once it has ended; the socket is closed then.
    connection: Option<Connection<TokioIo<Io>, Full<Bytes>>>,
    /// How it ended, when that was an error nobody has been told.
    fault: Option<hyper::Error>,
    relay: Arc<Relay>,
    waker: Waker,
    /// Whom the relay wakes.
    watcher: Waker,
    secure: bool,
}

impl Http1 {
    pub(crate) async fn open(io: Io, link: Rc<Link>) -> Result<Self, hyper::Error> {
        let secure = matches!(io, Io::Tls(_));
        let (sender, connection) = Builder::new()
            .max_header_size(MAX_HEAD)
            .handshake(TokioIo::new(io))
            .await?;
        let relay = Arc::new(Relay::default());
        let waker = Waker::from(relay.clone());
        Ok(Self {
            link,
            sender,
            connection: Some(connection),
            fault: None,
            relay,
            waker,
            watcher: Waker::noop().clone(),
            secure,
        })
    }

    /// Sends a request and waits for the head of its response. If the future is dropped, so must the connection be.
    pub(crate) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        self.link.begin();
        let mut response = pin!(self.sender.send_request(request));
        std::future::poll_fn(|cx| self.drive(cx, |cx| response.as_mut().poll(cx))).await
    }

    /// The next bytes of the body; `None` at its end.
    pub(crate) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
        body: &mut Incoming,
    ) -> Poll<Option<Result<Bytes, hyper::Error>>> {
        let item = std::task::ready!(self.drive(cx, |cx| poll_data(body, cx)));
        Poll::Ready(item.map(|data| data.map_err(|error| self.fault.take().unwrap_or(error))))
    }

    /// Whether another request may be sent: the last answer is complete, and the peer has not hung up.
    pub(crate) fn is_fit(&mut self) -> bool {
        match self.link.glance() {
            Glance::Closed => return false,
            // Nobody asked for these bytes. TLS has messages of its own between requests.
            Glance::Data if !self.secure => return false,
            Glance::Data | Glance::Quiet => {}
        }
        self.settle() && self.sender.is_ready()
    }

    /// Lets the connection finish with the last exchange; says whether it stays open.
    pub(crate) fn settle(&mut self) -> bool {
        if let Some(connection) = &mut self.connection {
            let mut cx = Context::from_waker(Waker::noop());
            if Pin::new(connection).poll(&mut cx).is_ready() {
                self.connection = None;
            }
        }
        self.connection.is_some()
    }

    /// Polls the connection, and then what is `wanted` from it.
    fn drive<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut wanted: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if !self.watcher.will_wake(cx.waker()) {
            self.watcher.clone_from(cx.waker());
            self.relay.watch(&self.watcher);
        }
        let mut inner = Context::from_waker(&self.waker);
        for _ in 0..ROUNDS {
            self.relay.enter();
            if let Some(connection) = &mut self.connection
                && let Poll::Ready(result) = Pin::new(connection).poll(&mut inner)
            {
                self.connection = None;
                self.fault = result.err();
            }
            let value = wanted(&mut inner);
            let woken = self.relay.leave();
            if value.is_ready() || !woken {
                return value;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The next data of a body of either protocol; trailers are passed over.
pub(crate) fn poll_data(
    body: &mut Incoming,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Bytes, hyper::Error>>> {
    loop {
        match std::task::ready!(Pin::new(&mut *body).poll_frame(cx)) {
            None => return Poll::Ready(None),
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Poll::Ready(Some(Ok(data)));
                }
            }
        }
    }
}

/// Passes wake-ups on to the task that waits, except those that the connection causes itself while it is polled: the
/// poll loop sees to them, and the task need not be scheduled again.
#[derive(Debug)]
struct Relay {
    state: AtomicU8,
    task: Mutex<Waker>,
}

/// Nobody polls: wake the task.
const IDLE: u8 = 0;
/// The connection is being polled.
const POLLING: u8 = 1;
/// It is being polled and asked for another poll.
const WOKEN: u8 = 2;

impl Default for Relay {
    fn default() -> Self {
        Self {
            state: AtomicU8::new(IDLE),
            task: Mutex::new(Waker::noop().clone()),
        }
    }
}

impl Relay {
    fn watch(&self, task: &Waker) {
        let mut kept = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone_from(task);
    }

    fn enter(&self) {
        self.state.store(POLLING, Ordering::Release);
    }

    /// Says whether there was a wake-up since [`Relay::enter`].
    fn leave(&self) -> bool {
        self.state.swap(IDLE, Ordering::AcqRel) == WOKEN
    }
}

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        if self
            .state
            .compare_exchange(POLLING, WOKEN, success, failure)
            == Err(IDLE)
        {
            self.task
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .wake_by_ref();
        }
    }
}
