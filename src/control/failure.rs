//! Why a request has no answer.

use std::error::Error as StdError;
use std::io;

use crate::http::tls_failure;

/// Why there is no answer. No message holds a URL, and so no credential of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The kind, to decide by.
    pub kind: FailureKind,
    /// What happened, for people.
    pub message: String,
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The client cannot be made, or the request is not valid: trying again does not help.
    Settings,
    /// No connection: no address, refused, unreachable, no TLS.
    Connect,
    /// It took longer than the limit.
    Timeout,
    /// The connection broke, or what came back is not HTTP.
    Broken,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// What an error of the library means; also for those who read a stream by themselves.
    pub fn of(error: &reqwest::Error) -> Self {
        let kind = if error.is_timeout() {
            FailureKind::Timeout
        } else if error.is_connect() {
            FailureKind::Connect
        } else if error.is_builder() {
            FailureKind::Settings
        } else {
            FailureKind::Broken
        };
        let message = match kind {
            FailureKind::Timeout => "there was no answer in time".to_owned(),
            _ => words(error),
        };
        Self { kind, message }
    }
}

/// What TLS has to say, or else the innermost cause: the outer ones say where, which is known.
pub(super) fn words(error: &reqwest::Error) -> String {
    let mut cause: &(dyn StdError + 'static) = error;
    loop {
        let io = cause.downcast_ref::<io::Error>();
        if let Some(told) = io.and_then(tls_failure) {
            return told;
        }
        // What an I/O error wraps is not among its sources.
        let inner = io.and_then(|io| io.get_ref());
        let inner = inner.map(|inner| inner as &(dyn StdError + 'static));
        match inner.or_else(|| cause.source()) {
            Some(next) => cause = next,
            None => break,
        }
    }
    if let Some(error) = cause.downcast_ref::<reqwest::Error>() {
        let kind = if error.is_builder() {
            "the request is not valid"
        } else {
            "the exchange broke off"
        };
        return kind.to_owned();
    }
    cause.to_string()
}
