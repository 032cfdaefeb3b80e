//! Decides whether a request succeeded, from its stream.

use super::api::Api;
use super::builder::ReplyBuilder;
use super::error_message::error_message;

/// The kinds of failures of a stream, in addition to those of the transport.
pub(crate) mod kind {
    /// The server answered with an error status.
    pub(crate) const STATUS: &str = "status";
    /// The stream reported an error, with status 200 and usually before a regular end.
    pub(crate) const ERROR_EVENT: &str = "error_event";
    /// The stream ended without a finish reason for every choice, or without the event that should end it.
    pub(crate) const TRUNCATED: &str = "truncated";
    /// No event except comments and pings arrived for too long. The caller, who has the clock, reports it.
    pub(crate) const STALL: &str = "stall";
    /// A chunk was not valid, so part of the reply is unknown.
    pub(crate) const MALFORMED: &str = "malformed";
    /// A line is longer than allowed.
    pub(crate) const TOO_LARGE: &str = "too_large";
    /// The client stopped reading before the end.
    pub(crate) const CANCELLED: &str = "cancelled";
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyOutcome {
    /// Every choice has a finish reason, and the stream ended as its API defines.
    Ok,
    /// The request failed or was cancelled.
    Failed(ReplyFailure),
}

impl ReplyOutcome {
    /// Whether the request succeeded.
    pub fn is_ok(&self) -> bool {
        *self == Self::Ok
    }

    /// Whether the client cancelled the request: neither a success nor a failure of the server.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Failed(failure) if failure.kind == kind::CANCELLED)
    }

    /// The failure or cancellation, if there is one.
    pub fn failure(&self) -> Option<&ReplyFailure> {
        match self {
            Self::Ok => None,
            Self::Failed(failure) => Some(failure),
        }
    }
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ReplyFailure {
    /// The stable name of the kind, to count by: one of `kind`, or that of the transport.
    pub kind: &'static str,
    /// The HTTP status, if the failure is a status.
    pub status: Option<u16>,
    /// The message for people, that of the server if it sent one.
    pub message: String,
}

impl ReplyFailure {
    /// A failure without a status.
    pub(super) fn new(kind: &'static str, message: String) -> Self {
        Self {
            kind,
            status: None,
            message,
        }
    }
}

/// The end of the transport of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamEnd<'a> {
    /// The body is complete.
    Eof,
    /// The client stopped reading, which is a success if the reply was complete.
    Closed,
    /// An answer with an error status instead of a stream.
    Status {
        /// The status.
        status: u16,
        /// The known part of the body, which may contain a message.
        body: &'a [u8],
    },
    /// The transport failed.
    Failed {
        /// The kind of failure, such as `reset`, `timeout` or `connect`; or `stall`.
        kind: &'static str,
        /// The message.
        message: &'a str,
    },
}

/// Judges a stream. Returns the outcome and whether the stream had a proper end. An error that the server reported takes
/// precedence, even if the stream then ended regularly. A complete reply is a success even if its connection then fails.
/// Otherwise the failure of the transport is the cause, or else the missing part.
pub(super) fn judge(
    api: Api,
    eof_ends: bool,
    malformed: u64,
    builder: &mut ReplyBuilder,
    end: StreamEnd<'_>,
) -> (ReplyOutcome, bool) {
    let unfinished = builder
        .choices
        .iter()
        .find(|choice| choice.finish_reason.is_none());
    let finished = unfinished.is_none() && !builder.choices.is_empty();
    let ended_by_eof = end == StreamEnd::Eof && (eof_ends || api.ends_by_eof());
    let ended = builder.marks.done.is_some() || (ended_by_eof && finished);
    let complete = finished && ended;

    let failed = |kind, message| Some(ReplyFailure::new(kind, message));
    let failure = if let Some(failure) = builder.failure.take() {
        Some(failure)
    } else if let StreamEnd::Status { status, body } = end {
        let message = match error_message(body) {
            Some(message) => format!("status {status}: {message}"),
            None => format!("status {status}"),
        };
        Some(ReplyFailure {
            status: Some(status),
            ..ReplyFailure::new(kind::STATUS, message)
        })
    } else if let StreamEnd::Failed { kind, message } = end
        && !complete
    {
        failed(kind, message.to_owned())
    } else if malformed > 0 {
        let noun = if malformed == 1 {
            "chunk that is"
        } else {
            "chunks that are"
        };
        let message = format!("{malformed} {noun} not what {api} chunks should be");
        failed(kind::MALFORMED, message)
    } else if complete {
        None
    } else if end == StreamEnd::Closed && !ended {
        let message = "the client stopped reading before the end".to_owned();
        failed(kind::CANCELLED, message)
    } else {
        let missing = match unfinished {
            None if builder.choices.is_empty() => "any chunk".to_owned(),
            None => api.closing_event().to_owned(),
            Some(choice) if choice.index > 0 => {
                format!("a finish reason for choice {}", choice.index)
            }
            Some(_) => "a finish reason".to_owned(),
        };
        failed(
            kind::TRUNCATED,
            format!("the stream ended without {missing}"),
        )
    };
    let outcome = failure.map_or(ReplyOutcome::Ok, ReplyOutcome::Failed);
    (outcome, ended)
}
