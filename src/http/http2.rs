//! An HTTP/2 connection, shared by the streams of one client.

mod transport;
mod upload;

use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{Reason, RecvStream};
use http::{HeaderValue, Request, Response};

use self::transport::{MonitoredIo, Transport};
use self::upload::Upload;
use super::error::{Error, ErrorKind};
use super::in_flight::FailedExchange;
use super::io::{Io, Link, Moment};
use super::response::ResponseHead;
use super::wire_error::{ResponseStage, chain, from_read};

/// The flow control window of a stream.
const STREAM_WINDOW: u32 = 2 << 20;
/// The flow control window of a connection.
const CONNECTION_WINDOW: u32 = 5 << 20;
/// The longest head of a response.
const MAX_HEAD: u32 = 256 << 10;

/// A handle to a connection, which runs as a local task and ends with its last handle and stream.
#[derive(Debug, Clone)]
pub(crate) struct Http2 {
    pub(crate) link: Rc<Link>,
    sender: SendRequest<Bytes>,
    transport: Rc<Transport>,
}

/// A stream whose response has begun.
#[derive(Debug)]
pub(crate) struct Http2Stream {
    receiver: RecvStream,
    upload: Upload,
    connection: Http2,
}

impl Http2 {
    pub(crate) async fn open(io: Io, link: Rc<Link>) -> Result<Self, Error> {
        let transport = Rc::new(Transport::default());
        let handshake = Builder::new()
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(MAX_HEAD)
            .enable_push(false)
            .handshake(MonitoredIo::new(io, transport.clone()))
            .await;
        let (sender, connection) =
            handshake.map_err(|error| from_h2(&error, ResponseStage::Head, &transport))?;
        tokio::task::spawn_local(async move {
            // Each stream reports how the connection ended.
            let _ = connection.await;
        });
        Ok(Self {
            link,
            sender,
            transport,
        })
    }

    /// Sends a request and waits for the head of its response. `sent` receives the time at which it was written.
    pub(crate) async fn send(
        &self,
        message: Request<()>,
        body: Bytes,
        sent: &Moment,
    ) -> Result<(ResponseHead, Http2Stream), FailedExchange> {
        let begun = self.begin(message, body).await;
        let (response, mut upload) = begun.map_err(|error| FailedExchange {
            unprocessed: error.is_io() || error.is_remote(),
            error: self.error(&error, ResponseStage::Head),
        })?;
        if upload.is_done() {
            self.link.tell_next_write(sent);
        }
        let mut response = pin!(response);
        let answer = std::future::poll_fn(|cx| {
            if !upload.is_done() && upload.poll(cx).is_ready() {
                self.link.tell_next_write(sent);
            }
            response.as_mut().poll(cx)
        })
        .await;
        match answer {
            Ok(response) => {
                let (head, receiver) = head_of(response);
                let stream = Http2Stream {
                    receiver,
                    upload,
                    connection: self.clone(),
                };
                Ok((head, stream))
            }
            Err(error) => Err(FailedExchange {
                unprocessed: is_untouched(&error),
                error: self.error(&error, ResponseStage::Head),
            }),
        }
    }

    async fn begin(
        &self,
        message: Request<()>,
        body: Bytes,
    ) -> Result<(h2::client::ResponseFuture, Upload), h2::Error> {
        let mut sender = self.sender.clone().ready().await?;
        let (response, stream) = sender.send_request(message, body.is_empty())?;
        Ok((response, Upload::new(stream, body)))
    }

    /// Whether another request may be sent.
    pub(crate) fn is_fit(&mut self) -> bool {
        let ready = self
            .sender
            .poll_ready(&mut Context::from_waker(Waker::noop()));
        !matches!(ready, Poll::Ready(Err(_)))
    }

    fn error(&self, error: &h2::Error, stage: ResponseStage) -> Error {
        from_h2(error, stage, &self.transport)
    }
}

impl Http2Stream {
    /// The next bytes of the body; `None` at its end.
    pub(crate) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        // An answer may come before the request is completely sent.
        let _ = self.upload.poll(cx);
        loop {
            match ready!(self.receiver.poll_data(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => {
                    return Poll::Ready(Some(Err(self
                        .connection
                        .error(&error, ResponseStage::Body))));
                }
                Some(Ok(data)) => {
                    let _ = self.receiver.flow_control().release_capacity(data.len());
                    if !data.is_empty() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
            }
        }
    }

    /// Whether the body has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.receiver.is_end_stream()
    }
}

fn head_of(response: Response<RecvStream>) -> (ResponseHead, RecvStream) {
    let (mut parts, receiver) = response.into_parts();
    // Values are slices of the connection's read buffer. Copies them, so that the head does not keep the buffer alive.
    for value in parts.headers.values_mut() {
        if let Ok(own) = HeaderValue::from_bytes(value.as_bytes()) {
            *value = own;
        }
    }
    let head = ResponseHead {
        status: parts.status,
        version: parts.version,
        headers: parts.headers,
        reason: None,
    };
    (head, receiver)
}

/// Whether the server reports that it has not processed the request: it refused the stream, or its GOAWAY names an
/// earlier stream as the last one.
fn is_untouched(error: &h2::Error) -> bool {
    error.is_remote() && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM))
}

/// The error of a failed stream. The transport knows best how the connection ended.
fn from_h2(error: &h2::Error, stage: ResponseStage, transport: &Transport) -> Error {
    if error.is_remote() {
        let what = match stage {
            ResponseStage::Head => "the server reset the stream before the response",
            ResponseStage::Body => "the server reset the stream in the middle of the body",
        };
        return Error::new(ErrorKind::Reset, format!("{what} ({})", chain(error)));
    }
    if let Some(error) = transport.ended(|end| from_read(end, stage)) {
        return error;
    }
    if let Some(io) = error.get_io() {
        return from_read(Some(io), stage);
    }
    let text = format!("not a valid HTTP response ({})", chain(error));
    Error::new(ErrorKind::Protocol, text)
}
