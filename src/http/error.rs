//! Request failures as values: a stable kind and a message.

use std::fmt;

/// Defines the kinds with their stable names.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $word:literal,)*) => {
        /// The kind of an error. The names of [`ErrorKind::as_str`] are stable: scripts compare them, and they are tag
        /// values.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)*
        }

        impl ErrorKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The stable name of this kind.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $word,)*
                }
            }
        }
    };
}

kinds! {
    /// The URL cannot be requested: not a URL, no host, or a scheme other than http and https.
    Url = "url",
    /// The request itself is not valid: a method or header that HTTP does not allow, such as one with a line break.
    Request = "request",
    /// The host name cannot be resolved.
    Dns = "dns",
    /// No connection: refused, unreachable.
    Connect = "connect",
    /// This machine had no file descriptor, local port or memory left for a connection.
    Client = "client",
    /// The proxy could not be reached or refused to connect.
    Proxy = "proxy",
    /// TLS: invalid certificate, refused handshake, or damaged record.
    Tls = "tls",
    /// A time limit has passed; the message names it.
    Timeout = "timeout",
    /// The peer closed or reset the connection while an answer was due.
    Reset = "reset",
    /// The body ended before its declared end.
    Truncated = "truncated",
    /// The answer is not valid HTTP.
    Protocol = "protocol",
    /// A redirect without a usable target, or too many of them.
    Redirect = "redirect",
    /// The status is not the one an event stream opens with, 200.
    Status = "status",
    /// The content type is not `text/event-stream`.
    ContentType = "content_type",
    /// An event, or the decoded form of a compressed body, is larger than allowed.
    TooLarge = "too_large",
    /// The body cannot be decoded by its `content-encoding`.
    Encoding = "encoding",
    /// The request was cancelled before an answer, by its user or at the end of the run.
    Interrupted = "interrupted",
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error of a request or stream. Messages contain no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The kind, to count by.
    pub kind: ErrorKind,
    /// The message for people.
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

    /// The error of a request that was cancelled before an answer.
    pub(crate) fn interrupted() -> Self {
        Self::new(ErrorKind::Interrupted, "cancelled before an answer")
    }
}
