//! The body of a response, read as it arrives.

use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use http::HeaderMap;

use super::decode::BodyDecoder;
use super::error::Error;
use super::http1::Http1;
use super::http2::Http2Stream;
use super::io::Link;
use super::limit::{DeadlineTimer, Limit};
use super::origin::Origin;
use super::pool::Pool;
use super::timings::Traffic;

/// A chunk of a body.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The bytes, decoded if the body is compressed. Never empty.
    pub bytes: Bytes,
    /// When they were read from the socket.
    ///
    /// Exact over HTTP/1.1. HTTP/2 streams share a socket; there it is the last read before the chunk was taken.
    pub at: Instant,
}

/// The body of a response. After its end, the connection returns to the client; dropping it earlier closes the
/// connection (or resets the HTTP/2 stream).
#[derive(Debug)]
pub struct Body {
    source: BodySource,
    link: Rc<Link>,
    home: PoolReturn,
    decoder: Option<BodyDecoder>,
    limit: Option<Limit>,
    timer: DeadlineTimer,
    traffic: Cell<Traffic>,
    ended: Option<Instant>,
}

#[derive(Debug)]
pub(crate) enum BodySource {
    Http1(Box<Http1>),
    Http2(Box<Http2Stream>),
    Over,
}

impl BodySource {
    fn is_over(&self) -> bool {
        match self {
            Self::Http1(connection) => connection.is_over(),
            Self::Http2(stream) => stream.is_over(),
            Self::Over => true,
        }
    }
}

/// Where a connection returns when its exchange is complete.
#[derive(Debug)]
pub(crate) struct PoolReturn {
    pub(crate) pool: Rc<Pool>,
    pub(crate) origin: Origin,
    pub(crate) keep: bool,
}

impl Body {
    pub(crate) fn new(
        source: BodySource,
        link: Rc<Link>,
        headers: &HeaderMap,
        home: PoolReturn,
    ) -> Self {
        let empty = source.is_over();
        let mut body = Self {
            source,
            link,
            home,
            decoder: BodyDecoder::for_headers(headers),
            limit: None,
            timer: DeadlineTimer::default(),
            traffic: Cell::default(),
            ended: None,
        };
        if empty {
            body.complete();
        }
        body
    }

    /// The next chunk; `None` at the end. Cancel-safe.
    ///
    /// # Errors
    /// Kinds `truncated`, `reset`, `protocol`, `tls`, `encoding`, `too_large`, and `timeout` of the whole request. The
    /// body then ends.
    pub async fn chunk(&mut self) -> Result<Option<Chunk>, Error> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Reads the rest, at most `max` bytes. Returns whether the body is complete; otherwise the connection is closed.
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

    /// Bytes on the wire since the start of the request.
    pub fn traffic(&self) -> Traffic {
        if !self.is_over() {
            self.claim();
        }
        self.traffic.get()
    }

    /// Whether the body has ended, completely or not.
    pub fn is_over(&self) -> bool {
        matches!(self.source, BodySource::Over)
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

    pub(crate) fn set_limit(&mut self, limit: Option<Limit>, timer: DeadlineTimer) {
        self.limit = limit;
        self.timer = timer;
    }

    /// Adds the traffic of earlier hops and attempts of the same request.
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
            if let Some(decoder) = &mut self.decoder {
                match decoder.next() {
                    Ok(None) => {}
                    Ok(Some(bytes)) => {
                        // One read may contain many pieces.
                        if let Some(limit) = self.limit.filter(|l| l.passed(Instant::now())) {
                            return Poll::Ready(Err(self.time_out(limit)));
                        }
                        let at = self.link.last_data();
                        return Poll::Ready(Ok(Some(Chunk { bytes, at })));
                    }
                    Err(error) => {
                        self.abandon();
                        return Poll::Ready(Err(error));
                    }
                }
            }
            let data = match &mut self.source {
                BodySource::Over => return Poll::Ready(Ok(None)),
                BodySource::Http1(connection) => connection.poll_data(cx),
                BodySource::Http2(stream) => stream.poll_data(cx),
            };
            match data {
                Poll::Pending => {
                    let Some(limit) = self.limit else {
                        return Poll::Pending;
                    };
                    ready!(self.timer.poll(cx, limit.at));
                    return Poll::Ready(Err(self.time_out(limit)));
                }
                Poll::Ready(Some(Ok(bytes))) => {
                    let at = self.link.last_data();
                    if let Some(limit) = self.limit.filter(|limit| limit.passed(at)) {
                        return Poll::Ready(Err(self.time_out(limit)));
                    }
                    match &mut self.decoder {
                        None => return Poll::Ready(Ok(Some(Chunk { bytes, at }))),
                        Some(decoder) => decoder.push(bytes),
                    }
                }
                Poll::Ready(None) => {
                    self.complete();
                    let finished = self.decoder.as_ref().map_or(Ok(()), BodyDecoder::finish);
                    return Poll::Ready(finished.map(|()| None));
                }
                Poll::Ready(Some(Err(error))) => {
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
            self.decoder = None;
        }
    }

    fn time_out(&mut self, limit: Limit) -> Error {
        self.abandon();
        limit.error("the response is not complete")
    }

    fn complete(&mut self) {
        if let BodySource::Http1(connection) = self.end()
            && self.home.keep
            && connection.is_kept()
        {
            self.home.pool.put(self.home.origin.clone(), connection);
        }
    }

    fn end(&mut self) -> BodySource {
        self.claim();
        self.ended = Some(self.link.last_read());
        std::mem::replace(&mut self.source, BodySource::Over)
    }

    fn claim(&self) {
        self.add_traffic(self.link.claim());
    }
}
