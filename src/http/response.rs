//! A response whose body is still arriving, or a failure.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use url::Url;

use super::body::Body;
use super::error::{Error, ErrorKind};
use super::timings::{Timings, Traffic};
use crate::h1;

/// Status line and headers of a response, and its origin.
#[derive(Debug, Clone)]
pub struct Head {
    /// The URL after redirects, without user information.
    pub url: Url,
    /// The status.
    pub status: StatusCode,
    /// The HTTP version of the answer.
    pub version: Version,
    /// The headers, including `content-encoding`, although bodies are decoded.
    pub headers: HeaderMap,
    /// The address of the peer, or of the proxy; `None` for a Unix socket.
    pub remote_addr: Option<SocketAddr>,
    pub(crate) reason: Option<String>,
}

impl Head {
    /// The version as text: `HTTP/1.1`, `HTTP/2.0`.
    pub fn proto(&self) -> &'static str {
        match self.version {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2.0",
            _ => "HTTP/1.1",
        }
    }

    /// The reason phrase of the server, or the usual one of the status; it may be empty.
    pub fn reason(&self) -> &str {
        match &self.reason {
            Some(reason) => reason,
            None => self.status.canonical_reason().unwrap_or_default(),
        }
    }
}

/// The parsed head of a response.
#[derive(Debug)]
pub(crate) struct ResponseHead {
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    /// The reason phrase, if it is not the usual one.
    pub(crate) reason: Option<String>,
}

impl ResponseHead {
    /// Converts a head of HTTP/1. It copies the bytes of the head, so that values do not keep the rest of a read alive.
    pub(crate) fn of(head: &h1::RawHead<'_>) -> Result<Self, Error> {
        let refuse = |what: &str| {
            let text = format!("not a valid HTTP response: {what}");
            Error::new(ErrorKind::Protocol, text)
        };
        let status = StatusCode::from_u16(head.status)
            .map_err(|_| refuse("the status is not between 100 and 999"))?;
        let bytes = Bytes::copy_from_slice(head.bytes);
        let lines = memchr::memchr_iter(b'\n', &bytes).count();
        let mut headers = HeaderMap::try_with_capacity(lines.saturating_sub(2)).unwrap_or_default();
        let mut fault = None;
        h1::each_header(&bytes, |name, value| {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = match unfold(value) {
                None => HeaderValue::from_maybe_shared(bytes.slice_ref(value)),
                Some(unfolded) => HeaderValue::from_maybe_shared(Bytes::from(unfolded)),
            };
            fault = match (name, value) {
                (Ok(name), Ok(value)) => match headers.try_append(name, value) {
                    Ok(_) => fault,
                    Err(_) => Some("the head has more headers than can be kept, about 24,000"),
                },
                _ => Some("a header has an invalid name or value"),
            };
        });
        if let Some(what) = fault {
            return Err(refuse(what));
        }
        let reason = String::from_utf8_lossy(head.reason());
        let usual = reason.is_empty() || status.canonical_reason() == Some(&reason);
        Ok(Self {
            status,
            version: if head.is_1_0 {
                Version::HTTP_10
            } else {
                Version::HTTP_11
            },
            headers,
            reason: (!usual).then(|| reason.into_owned()),
        })
    }
}

/// Joins a value of several lines (obsolete line folding) to one line.
fn unfold(value: &[u8]) -> Option<Vec<u8>> {
    value.contains(&b'\n').then(|| {
        let lines = value.split(|&byte| byte == b'\n');
        let lines: Vec<&[u8]> = lines.map(<[u8]>::trim_ascii).collect();
        lines.join(&b' ')
    })
}

/// A response whose head has arrived.
#[derive(Debug)]
pub struct Response {
    /// Status, headers, origin.
    pub head: Head,
    /// The timings up to the first byte.
    pub timings: Timings,
    /// The body.
    pub body: Body,
    /// Whether the connection was reused.
    pub reused: bool,
    /// How often the request was resent because its server cannot have processed it.
    pub reconnects: u32,
    /// Redirects followed.
    pub redirects: u32,
}

/// A request without a response.
#[derive(Debug, Clone)]
pub struct RequestFailure {
    /// The error.
    pub error: Error,
    /// The redirect that could not be followed, if any.
    pub head: Option<Head>,
    /// The timings until the failure.
    pub timings: Timings,
    /// The traffic until the failure.
    pub traffic: Traffic,
    /// As in [`Response::reconnects`].
    pub reconnects: u32,
    /// Redirects followed.
    pub redirects: u32,
}
