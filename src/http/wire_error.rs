//! Converts errors of the libraries below by their type.

use std::error::Error as StdError;
use std::io;

use rustix::io::Errno;

use super::error::{Error, ErrorKind};
use super::tls::tls_failure;

type Cause<'a> = &'a (dyn StdError + 'static);

/// The stage of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseStage {
    /// Waiting for the head of the response.
    Head,
    /// Reading the body.
    Body,
}

/// The error of a connection that ended while bytes were expected, with an I/O error or at the end of the stream.
pub(crate) fn from_read(error: Option<&io::Error>, stage: ResponseStage) -> Error {
    let kind = kind_of(error, stage);
    let message = match (kind, stage) {
        (ErrorKind::Reset, ResponseStage::Head) => "the connection was closed before the response",
        (ErrorKind::Reset, ResponseStage::Body) => {
            "the connection was lost in the middle of the body"
        }
        (ErrorKind::Truncated, _) => "the body ended before its declared end",
        (ErrorKind::Tls, _) => "TLS failed",
        _ => "not a valid HTTP response",
    };
    let text = match error {
        Some(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            format!("{message} (without the closing message of TLS)")
        }
        Some(error) => format!("{message} ({})", chain(error)),
        None => message.to_owned(),
    };
    Error::new(kind, text)
}

/// The error of a failed connection attempt or handshake: of the given kind, or `client` for a shortage on this
/// machine.
pub(crate) fn from_io(kind: ErrorKind, doing: &str, error: &io::Error) -> Error {
    let (kind, remedy) = match shortage(error) {
        Some(remedy) => (ErrorKind::Client, remedy),
        None => (kind, ""),
    };
    Error::new(kind, format!("{doing}: {}{remedy}", chain(error)))
}

/// The remedy if the error is a shortage on this machine.
fn shortage(error: &io::Error) -> Option<&'static str> {
    match Errno::from_io_error(error)? {
        Errno::MFILE => Some(": raise the limit, as with `ulimit -n`"),
        Errno::ADDRNOTAVAIL => Some(
            ": no local port is left: reuse connections, or spread the load over more addresses",
        ),
        Errno::NFILE | Errno::NOBUFS | Errno::NOMEM => Some(""),
        _ => None,
    }
}

fn kind_of(error: Option<&io::Error>, stage: ResponseStage) -> ErrorKind {
    // A TLS connection that ends without close_notify has ended unexpectedly.
    let Some(error) = error.filter(|error| error.kind() != io::ErrorKind::UnexpectedEof) else {
        return match stage {
            ResponseStage::Head => ErrorKind::Reset,
            ResponseStage::Body => ErrorKind::Truncated,
        };
    };
    let is_tls = |inner: &(dyn StdError + Send + Sync + 'static)| inner.is::<rustls::Error>();
    match error.kind() {
        _ if error.get_ref().is_some_and(is_tls) => ErrorKind::Tls,
        io::ErrorKind::InvalidData => ErrorKind::Protocol,
        _ => ErrorKind::Reset,
    }
}

/// An error and its sources.
fn causes<'a>(error: Cause<'a>) -> impl Iterator<Item = Cause<'a>> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let cause: Cause<'a> = next?;
        next = cause.source();
        Some(cause)
    })
}

/// The messages of an error and its sources, without repetitions.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    for cause in causes(error) {
        let io = cause.downcast_ref::<io::Error>();
        let part = io
            .and_then(tls_failure)
            .unwrap_or_else(|| cause.to_string());
        if text.contains(&part) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&part);
    }
    text
}
