//! Errors of the libraries below, as errors of ours: decided by type, never by text.

use std::error::Error as StdError;
use std::io;

use rustix::io::Errno;

use super::error::{Error, ErrorKind};
use super::tls::tls_failure;

type Cause<'a> = &'a (dyn StdError + 'static);

/// How far an exchange had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The head of the response was still due.
    Head,
    /// The body was being read.
    Body,
}

/// The error for a failed exchange.
pub(crate) fn from_hyper(error: &hyper::Error, stage: Stage) -> Error {
    let kind = kind_of(error, stage);
    let message = match (kind, stage) {
        (ErrorKind::Reset, Stage::Head) => "the connection was closed before the response",
        (ErrorKind::Reset, Stage::Body) => "the connection was lost in the middle of the body",
        (ErrorKind::Truncated, _) => "the body ended before its declared end",
        (ErrorKind::Tls, _) => "TLS failed",
        _ => "not a valid HTTP response",
    };
    Error::new(kind, format!("{message} ({})", chain(error)))
}

/// The error for a failed connection attempt or handshake: of the given kind, unless this machine is to blame.
pub(crate) fn from_io(kind: ErrorKind, doing: &str, error: &io::Error) -> Error {
    let (kind, remedy) = match shortage(error) {
        Some(remedy) => (ErrorKind::Client, remedy),
        None => (kind, ""),
    };
    Error::new(kind, format!("{doing}: {}{remedy}", chain(error)))
}

/// What to do if the error is a shortage on this machine.
fn shortage(error: &io::Error) -> Option<&'static str> {
    match Errno::from_io_error(error)? {
        Errno::MFILE => Some(": raise the limit, as with `ulimit -n`"),
        Errno::ADDRNOTAVAIL => Some(
            ": no local port is left; let connections be used again, or spread the load over more addresses",
        ),
        Errno::NFILE | Errno::NOBUFS | Errno::NOMEM => Some(""),
        _ => None,
    }
}

/// Whether the connection as a whole died or gave the request back untouched, as opposed to an answer that is wrong.
pub(crate) fn is_connection_loss(error: &hyper::Error) -> bool {
    if error.is_canceled() || error.is_closed() || error.is_incomplete_message() {
        return true;
    }
    causes(error).any(|cause| {
        if let Some(h2) = cause.downcast_ref::<h2::Error>() {
            return h2.is_go_away()
                || h2.is_io()
                || h2.reason() == Some(h2::Reason::REFUSED_STREAM);
        }
        // A write that failed is reported below "error writing a body", and the end of a TLS connection without a
        // farewell as an unexpected end.
        let io = cause.downcast_ref::<io::Error>().map(io_kind);
        matches!(io, Some(None | Some(ErrorKind::Reset)))
    })
}

fn kind_of(error: &hyper::Error, stage: Stage) -> ErrorKind {
    let ended = match stage {
        Stage::Head => ErrorKind::Reset,
        Stage::Body => ErrorKind::Truncated,
    };
    if error.is_incomplete_message() {
        return ended;
    }
    if error.is_parse() {
        return ErrorKind::Protocol;
    }
    if error.is_canceled() || error.is_closed() {
        return ErrorKind::Reset;
    }
    for cause in causes(error) {
        if let Some(h2) = cause.downcast_ref::<h2::Error>() {
            let lost = h2.is_remote() && (h2.is_reset() || h2.is_go_away());
            return if lost {
                ErrorKind::Reset
            } else {
                ErrorKind::Protocol
            };
        }
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return io_kind(io).unwrap_or(ended);
        }
    }
    match stage {
        Stage::Head => ErrorKind::Protocol,
        // What is left is "connection error" without a cause: the writing half failed while the body was read.
        Stage::Body => ErrorKind::Reset,
    }
}

/// `None` for an end of the stream, which means something else before the head than in the body.
fn io_kind(error: &io::Error) -> Option<ErrorKind> {
    if error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        .is_some()
    {
        return Some(ErrorKind::Tls);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => None,
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Some(ErrorKind::Protocol),
        _ => Some(ErrorKind::Reset),
    }
}

/// An error and what is behind it.
fn causes<'a>(error: Cause<'a>) -> impl Iterator<Item = Cause<'a>> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let cause: Cause<'a> = next?;
        next = cause.source();
        Some(cause)
    })
}

/// The texts of an error and its causes, each said once.
fn chain(error: &(dyn StdError + 'static)) -> String {
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
