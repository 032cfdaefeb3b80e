//! An HTTP/2 connection, shared by the streams of one client.

use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;

use super::io::{Io, Link};

/// A handle to a connection. The connection itself runs as a local task and ends with its last handle and stream.
#[derive(Debug, Clone)]
pub(crate) struct Http2 {
    pub(crate) link: Rc<Link>,
    sender: SendRequest<Full<Bytes>>,
}

/// When the parts of an exchange went over the shared wire, as far as can be told from outside its frames.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments {
    /// The first write after the request was handed over.
    pub(crate) sent: Instant,
    /// The read that brought the head of the response.
    pub(crate) answered: Instant,
}

impl Http2 {
    pub(crate) async fn open(io: Io, link: Rc<Link>) -> Result<Self, hyper::Error> {
        let (sender, connection) = Builder::new(LocalTasks).handshake(TokioIo::new(io)).await?;
        tokio::task::spawn_local(async move {
            // How it ended is told to each of its streams.
            let _ = connection.await;
        });
        Ok(Self { link, sender })
    }

    pub(crate) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<(Response<Incoming>, Moments), hyper::Error> {
        self.sender.ready().await?;
        let begun = Instant::now();
        let mut sent = None;
        let mut response = pin!(self.sender.send_request(request));
        let response = std::future::poll_fn(|cx| {
            let polled = response.as_mut().poll(cx);
            if sent.is_none() && self.link.last_write() > begun {
                sent = Some(self.link.last_write());
            }
            match polled {
                Poll::Ready(result) => Poll::Ready(result),
                Poll::Pending => Poll::Pending,
            }
        })
        .await?;
        let sent = sent.unwrap_or(begun);
        Ok((
            response,
            Moments {
                sent,
                answered: self.link.last_data().max(sent),
            },
        ))
    }

    /// Whether another request may be sent.
    pub(crate) fn is_fit(&self) -> bool {
        !self.sender.is_closed()
    }
}

/// Runs what the connection needs to run beside it, on this thread.
#[derive(Debug, Clone, Copy)]
struct LocalTasks;

impl<F: Future<Output: 'static> + 'static> Executor<F> for LocalTasks {
    fn execute(&self, task: F) {
        tokio::task::spawn_local(task);
    }
}
