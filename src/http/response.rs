//! A response whose body is still arriving, or a failure.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use url::Url;

use super::body::Body;
use super::error::{Error, ErrorKind};
use super::timings::{Timings, Traffic};
use crate::h1;

/// Status line and headers of a response, and where it came from.
#[derive(Debug, Clone)]
pub struct Head {
    /// The URL that answered, after redirects, without user information.
    pub url: Url,
    /// The status.
    pub status: StatusCode,
    /// The HTTP version of the answer.
    pub version: Version,
    /// The headers; bodies are decoded as `content-encoding` says, but the header stays.
    pub headers: HeaderMap,
    /// The peer of the connection, which is the proxy's where there is one; `None` for a Unix socket.
    pub remote_addr: Option<SocketAddr>,
    pub(crate) reason: Option<String>,
}

impl Head {
    /// The version as it is written: `HTTP/1.1`, `HTTP/2.0`.
    pub fn proto(&self) -> &'static str {
        match self.version {
            Version::HTTP_09 => "HTTP/0.9",
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2.0",
            Version::HTTP_3 => "HTTP/3.0",
            _ => "HTTP/1.1",
        }
    }

    /// The reason phrase: the server's own, or the usual one of the status, or nothing.
    pub fn reason(&self) -> &str {
        match &self.reason {
            Some(reason) => reason,
            None => self.status.canonical_reason().unwrap_or_default(),
        }
    }
}

/// What the head of a response says of itself.
#[derive(Debug)]
pub(crate) struct ResponseHead {
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    /// The reason phrase, where it is not the usual one.
    pub(crate) reason: Option<String>,
}

impl ResponseHead {
    /// A head of HTTP/1. It keeps a copy of its bytes, so that no value holds on to what else was read with it.
    pub(crate) fn of(head: &h1::Head<'_>) -> Result<Self, Error> {
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
                _ => Some("a header's name or value holds what none may hold"),
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

/// A value that goes on in further lines, which nobody may send any more, as the one line that it means.
fn unfold(value: &[u8]) -> Option<Vec<u8>> {
    value.contains(&b'\n').then(|| {
        let lines = value.split(|&byte| byte == b'\n');
        let lines: Vec<&[u8]> = lines.map(<[u8]>::trim_ascii).collect();
        lines.join(&b' ')
    })
}

/// A response whose head is here.
#[derive(Debug)]
pub struct Response {
    /// Status, headers, origin.
    pub head: Head,
    /// Where the time up to the first byte went.
    pub timings: Timings,
    /// The body, to be read.
    pub body: Body,
    /// The connection had carried a request before.
    pub reused: bool,
    /// Times the request was sent again because its server cannot have seen it, as on a connection that had been closed.
    pub reconnects: u32,
    /// Redirects followed.
    pub redirects: u32,
}

/// A request without a response, and what is known of it.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What went wrong.
    pub error: Error,
    /// The response that was not followed, when a redirect failed.
    pub head: Option<Head>,
    /// Where the time went until it failed.
    pub timings: Timings,
    /// Bytes moved until it failed.
    pub traffic: Traffic,
    /// As in [`Response::reconnects`].
    pub reconnects: u32,
    /// Redirects followed.
    pub redirects: u32,
}
