//! The body of a response, read as it arrives.

use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use http::HeaderMap;
use hyper::body::{Body as _, Incoming};

use super::decode::Decoder;
use super::error::Error;
use super::http1::{Http1, poll_data};
use super::http2::Http2;
use super::io::Link;
use super::limit::{Alarm, Limit};
use super::origin::Origin;
use super::pool::Pool;
use super::timings::Traffic;
use super::wire_error::{Stage, from_hyper};

/// Bytes of a body.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The bytes, decoded if the body is compressed. Never empty.
    pub bytes: Bytes,
    /// When they were read from the socket.
    ///
    /// Over HTTP/1.1 exactly that. HTTP/2 streams share a socket, and there it is the last read before the chunk was taken.
    pub at: Instant,
}

/// The body of a response. Read to its end, its connection goes back to the client; dropped before, it is closed (an
/// HTTP/2 stream is reset).
#[derive(Debug)]
pub struct Body {
    source: Source,
    link: Rc<Link>,
    home: Home,
    decoder: Option<Decoder>,
    limit: Option<Limit>,
    alarm: Alarm,
    traffic: Cell<Traffic>,
    ended: Option<Instant>,
}

#[derive(Debug)]
enum Source {
    Http1 {
        connection: Box<Http1>,
        incoming: Incoming,
    },
    Http2 {
        incoming: Incoming,
        _connection: Http2,
    },
    Over,
}

/// Where a connection goes when its exchange is complete.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) pool: Rc<Pool>,
    pub(crate) origin: Origin,
    pub(crate) keep: bool,
}

impl Body {
    pub(crate) fn http1(
        connection: Box<Http1>,
        incoming: Incoming,
        headers: &HeaderMap,
        home: Home,
    ) -> Self {
        let link = connection.link.clone();
        Self::new(
            Source::Http1 {
                connection,
                incoming,
            },
            link,
            headers,
            home,
        )
    }

    pub(crate) fn http2(
        connection: Http2,
        incoming: Incoming,
        headers: &HeaderMap,
        home: Home,
    ) -> Self {
        let link = connection.link.clone();
        Self::new(
            Source::Http2 {
                incoming,
                _connection: connection,
            },
            link,
            headers,
            home,
        )
    }

    fn new(source: Source, link: Rc<Link>, headers: &HeaderMap, home: Home) -> Self {
        let empty = match &source {
            Source::Http1 { incoming, .. } | Source::Http2 { incoming, .. } => {
                incoming.is_end_stream()
            }
            Source::Over => true,
        };
        let mut body = Self {
            source,
            link,
            home,
            decoder: Decoder::for_headers(headers),
            limit: None,
            alarm: Alarm::default(),
            traffic: Cell::default(),
            ended: None,
        };
        if empty {
            body.complete();
        }
        body
    }

    /// The next bytes; `None` at the end. May be cancelled at any time without loss.
    ///
    /// # Errors
    /// Kinds `truncated`, `reset`, `protocol`, `tls`, `encoding`, `too_large`, and `timeout` of the request as a whole. The
    /// body is over then.
    pub async fn chunk(&mut self) -> Result<Option<Chunk>, Error> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Reads the rest, keeping at most `max` bytes. Says whether that was all: otherwise the body is cut there and the
    /// connection closed.
    ///
    /// # Errors
    /// As [`Body::chunk`].
    pub async fn read(&mut self, max: usize) -> Result<(Bytes, bool), Error> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            let room = max - whole.len();
            if chunk.bytes.len() > room {
                whole.extend_from_slice(&chunk.bytes[..room]);
                self.abandon();
                return Ok((whole.into(), false));
            }
            whole.extend_from_slice(&chunk.bytes);
        }
        Ok((whole.into(), true))
    }

    /// Bytes on the wire so far, from the beginning of the request on.
    pub fn traffic(&self) -> Traffic {
        if !self.is_over() {
            self.claim();
        }
        self.traffic.get()
    }

    /// The body is over, for better or worse.
    pub fn is_over(&self) -> bool {
        matches!(self.source, Source::Over)
    }

    /// When the end was read from the socket; `None` before it.
    pub fn ended(&self) -> Option<Instant> {
        self.ended
    }

    /// Bytes on the wire since the last call.
    pub(crate) fn take_traffic(&self) -> Traffic {
        let traffic = self.traffic();
        self.traffic.take();
        traffic
    }

    pub(crate) fn set_limit(&mut self, limit: Option<Limit>, alarm: Alarm) {
        self.limit = limit;
        self.alarm = alarm;
    }

    /// Adds what earlier hops and attempts of the same request moved.
    pub(crate) fn add_traffic(&self, traffic: Traffic) {
        let mut sum = self.traffic.get();
        sum += traffic;
        self.traffic.set(sum);
    }

    pub(crate) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Chunk>, Error>> {
        loop {
            let data = match &mut self.source {
                Source::Over => return Poll::Ready(Ok(None)),
                Source::Http1 {
                    connection,
                    incoming,
                } => connection.poll_data(cx, incoming),
                Source::Http2 { incoming, .. } => poll_data(incoming, cx),
            };
            match data {
                Poll::Pending => {
                    let Some(limit) = self.limit else {
                        return Poll::Pending;
                    };
                    ready!(self.alarm.poll(cx, limit.at));
                    return Poll::Ready(Err(self.time_out(limit)));
                }
                Poll::Ready(Some(Ok(bytes))) => {
                    let at = self.link.last_data();
                    if let Some(limit) = self.limit.filter(|limit| limit.passed(at)) {
                        return Poll::Ready(Err(self.time_out(limit)));
                    }
                    let bytes = match &mut self.decoder {
                        None => bytes,
                        Some(decoder) => match decoder.push(&bytes) {
                            Ok(plain) => plain,
                            Err(error) => {
                                self.abandon();
                                return Poll::Ready(Err(error));
                            }
                        },
                    };
                    if !bytes.is_empty() {
                        return Poll::Ready(Ok(Some(Chunk { bytes, at })));
                    }
                }
                Poll::Ready(None) => {
                    self.complete();
                    let finished = self.decoder.as_mut().map_or(Ok(()), Decoder::finish);
                    return Poll::Ready(finished.map(|()| None));
                }
                Poll::Ready(Some(Err(error))) => {
                    let error = from_hyper(&error, Stage::Body);
                    self.abandon();
                    return Poll::Ready(Err(error));
                }
            }
        }
    }

    /// Ends the body here and closes its connection.
    pub(crate) fn abandon(&mut self) {
        if !self.is_over() {
            self.end();
        }
    }

    fn time_out(&mut self, limit: Limit) -> Error {
        self.abandon();
        limit.error("the response is not complete")
    }

    fn complete(&mut self) {
        if let Source::Http1 { connection, .. } = self.end()
            && self.home.keep
        {
            self.home.pool.put(self.home.origin.clone(), connection);
        }
    }

    fn end(&mut self) -> Source {
        self.claim();
        self.ended = Some(self.link.last_read());
        std::mem::replace(&mut self.source, Source::Over)
    }

    fn claim(&self) {
        self.add_traffic(self.link.claim());
    }
}
