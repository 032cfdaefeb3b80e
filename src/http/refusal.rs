//! Decides whether a response is the requested one, and reads the body of one that is not.

use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};

use super::body::Body;
use super::decode;
use super::error::{Error, ErrorKind};
use super::limit::{Limit, earlier};
use super::limits::Limits;
use super::reading::{Decode, Reading};
use super::response::Head;
use crate::sse::Flow;

/// How long the body of such a response is read, unless another limit is shorter.
const PATIENCE: Duration = Duration::from_secs(5);

impl Head {
    /// Why the response is not a stream of one of these content types, of which messages name the first; `None` if it
    /// is. A stream has status 200.
    pub(crate) fn refusal(&self, types: &[&str]) -> Option<Error> {
        if self.status != StatusCode::OK {
            let text = format!("HTTP {} {}", self.status.as_u16(), self.reason());
            return Some(Error::new(ErrorKind::Status, text.trim_end()));
        }
        if is_one_of(&self.headers, types) {
            let encoding = self.headers.get(header::CONTENT_ENCODING);
            return encoding
                .filter(|_| !decode::BodyDecoder::understands(&self.headers))
                .map(|value| {
                    let value = String::from_utf8_lossy(value.as_bytes());
                    Error::new(
                        ErrorKind::Encoding,
                        format!("the content-encoding {value:?} is not supported"),
                    )
                });
        }
        let wanted = types.first().copied().unwrap_or_default();
        let text = match self.headers.get(header::CONTENT_TYPE) {
            Some(value) => {
                let value = String::from_utf8_lossy(value.as_bytes());
                format!("the response is {value:?}, not {wanted}")
            }
            None => format!("the response has no content type, so it is not {wanted}"),
        };
        Some(Error::new(ErrorKind::ContentType, text))
    }
}

/// Ignores parameters such as `charset`, and case.
fn is_one_of(headers: &HeaderMap, types: &[&str]) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    let essence = value.as_bytes().split(|&byte| byte == b';').next();
    let essence = essence.unwrap_or_default().trim_ascii();
    types
        .iter()
        .any(|one| essence.eq_ignore_ascii_case(one.as_bytes()))
}

/// The limit on reading such a body, from now on.
pub(crate) fn patience() -> Option<Limit> {
    Limit::new("patience", PATIENCE, Instant::now())
}

/// A response that is not the requested stream. Its body is read for its message, and to keep the connection.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) reading: Reading,
    prefix: Prefix,
    limits: Limits,
}

impl Refused {
    /// Reads up to `max` bytes until `limit`, at most a few seconds.
    pub(crate) fn new(body: Body, head: &Head, limit: Option<Limit>, max: usize) -> Self {
        let mut limits = Limits::none(Instant::now());
        limits.timeout = earlier(limit, patience());
        Self {
            reading: Reading::new(body, head),
            prefix: Prefix {
                bytes: BytesMut::new(),
                max,
            },
            limits,
        }
    }

    /// The body, and when it ended, in whatever way.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<(Bytes, Instant)> {
        let end = loop {
            let polled = self
                .reading
                .poll_next(cx, &mut self.limits, &mut self.prefix);
            if let Some((_, at)) = ready!(polled) {
                break at;
            }
        };
        Poll::Ready((std::mem::take(&mut self.prefix.bytes).freeze(), end))
    }
}

/// Keeps the beginning of a body.
#[derive(Debug)]
struct Prefix {
    bytes: BytesMut,
    max: usize,
}

impl Decode for Prefix {
    fn take(&mut self, bytes: &[u8], _: Instant, _: &mut Limits) -> Result<Flow, Error> {
        let room = self.max - self.bytes.len();
        self.bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(if bytes.len() > room {
            Flow::Stop
        } else {
            Flow::Continue
        })
    }
}
