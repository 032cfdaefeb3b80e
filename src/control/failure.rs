//! Why a request has no answer.

use std::error::Error as StdError;
use std::io;

use crate::http::tls_failure;

/// Why a request has no answer. Messages contain no URL and thus no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ControlError {
    /// The kind of failure.
    pub kind: FailureKind,
    /// The message for people.
    pub message: String,
}

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FailureKind {
    /// Invalid settings or an invalid request: retrying does not help.
    Settings,
    /// No connection: no address, refused, unreachable, no TLS.
    Connect,
    /// It took longer than the limit.
    Timeout,
    /// The connection broke, or the answer is not HTTP.
    Broken,
}

impl ControlError {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// Converts an error of reqwest; also for callers that read a stream themselves.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
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

/// The explanation of a TLS error, or the innermost cause; the outer ones only repeat the context.
pub(super) fn words(error: &reqwest::Error) -> String {
    let mut cause: &(dyn StdError + 'static) = error;
    loop {
        let io = cause.downcast_ref::<io::Error>();
        if let Some(explanation) = io.and_then(tls_failure) {
            return explanation;
        }
        // The error inside an I/O error is not among its sources.
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
            "the connection broke"
        };
        return kind.to_owned();
    }
    cause.to_string()
}
