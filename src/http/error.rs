//! What can go wrong with a request, as a value: a stable word to count by and a sentence to read.

use std::fmt;

/// What kind of failure it was. The words of [`ErrorKind::as_str`] are promised to users: they are tag values and
/// are compared in scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    /// The URL cannot be requested: not a URL, no host, or a scheme other than http and https.
    Url,
    /// The request itself is not valid: a method or header that HTTP does not allow, such as one with a line break.
    Request,
    /// The host has no address.
    Dns,
    /// No connection: refused, unreachable.
    Connect,
    /// This machine had no file descriptor, local port or memory left for a connection. The server is not to blame.
    Client,
    /// The proxy could not be reached or refused to connect.
    Proxy,
    /// TLS: certificate not valid, handshake refused, or a damaged record.
    Tls,
    /// One of the limits on time has passed; the message names it.
    Timeout,
    /// The peer closed or reset the connection while an answer was due.
    Reset,
    /// The body ended before its declared end.
    Truncated,
    /// What came back is not HTTP as the standards define it.
    Protocol,
    /// A redirect without a usable target, or too many of them.
    Redirect,
    /// The status is not the one an event stream opens with, 200.
    Status,
    /// The content type is not `text/event-stream`.
    ContentType,
    /// An event, or the decoded form of a compressed body, is larger than allowed.
    TooLarge,
    /// The body does not decode as its `content-encoding` says.
    Encoding,
    /// It was given up before it was answered: by its user, or with the end of the run.
    Interrupted,
}

impl ErrorKind {
    /// All kinds.
    pub const ALL: [Self; 17] = [
        Self::Url,
        Self::Request,
        Self::Dns,
        Self::Connect,
        Self::Client,
        Self::Proxy,
        Self::Tls,
        Self::Timeout,
        Self::Reset,
        Self::Truncated,
        Self::Protocol,
        Self::Redirect,
        Self::Status,
        Self::ContentType,
        Self::TooLarge,
        Self::Encoding,
        Self::Interrupted,
    ];

    /// The stable word for this kind.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Request => "request",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Client => "client",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Truncated => "truncated",
            Self::Protocol => "protocol",
            Self::Redirect => "redirect",
            Self::Status => "status",
            Self::ContentType => "content_type",
            Self::TooLarge => "too_large",
            Self::Encoding => "encoding",
            Self::Interrupted => "interrupted",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failed request or stream. No message holds a credential: the user information of a URL is never quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The kind, to count by.
    pub kind: ErrorKind,
    /// What happened, for people.
    pub message: String,
}

impl Error {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// That of a request that was given up before it was answered.
    pub(crate) fn interrupted() -> Self {
        Self::new(
            ErrorKind::Interrupted,
            "given up before there was an answer",
        )
    }

    /// The kind, to count by.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}
