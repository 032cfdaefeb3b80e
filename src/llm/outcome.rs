//! Decides whether a request succeeded, from its stream.

use std::fmt;

use super::api::Api;
use super::builder::ReplyBuilder;
use super::error_message::error_message;

/// The words for what can go wrong with a stream, beside those of the transport.
pub(crate) mod kind {
    /// The server answered with a status that is not a success.
    pub(crate) const STATUS: &str = "status";
    /// The stream itself reported an error, under status 200 and usually before a regular end.
    pub(crate) const ERROR_EVENT: &str = "error_event";
    /// The stream ended without a finish reason for every choice, or without the event that should end it.
    pub(crate) const TRUNCATED: &str = "truncated";
    /// No event for too long, apart from comments and pings. Reported by the caller, who has the clock.
    pub(crate) const STALL: &str = "stall";
    /// A chunk could not be read, so part of the reply is not known.
    pub(crate) const MALFORMED: &str = "malformed";
    /// A line is longer than allowed.
    pub(crate) const TOO_LARGE: &str = "too_large";
    /// The client stopped reading before the end.
    pub(crate) const CANCELLED: &str = "cancelled";

    /// All of them.
    pub(crate) const ALL: [&str; 7] = [
        STATUS,
        ERROR_EVENT,
        TRUNCATED,
        STALL,
        MALFORMED,
        TOO_LARGE,
        CANCELLED,
    ];
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyOutcome {
    /// Every choice has a finish reason, and the stream ended as its API ends.
    Ok,
    /// Anything else.
    Failed(ReplyFailure),
}

impl ReplyOutcome {
    /// Whether it went well.
    pub fn is_ok(&self) -> bool {
        *self == Self::Ok
    }

    /// Whether the client ended it on purpose: neither a success nor a failure of the server.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Failed(failure) if failure.kind == kind::CANCELLED)
    }

    /// The failure, if there is one; a cancelled request has one as well.
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
    /// A stable word to count by: one of `kind`, or what the transport calls its own failures.
    pub kind: &'static str,
    /// The status of the answer, where that is the failure.
    pub status: Option<u16>,
    /// What happened, for people; the server's own words where it had some.
    pub message: String,
}

/// How the transport of a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamEnd<'a> {
    /// The body ended where it should.
    Eof,
    /// The client stopped reading. That is fine once the reply was complete.
    Closed,
    /// An answer that is not a stream because its status is not a success.
    Status {
        /// The status.
        status: u16,
        /// As much of the body as is known, for the message in it.
        body: &'a [u8],
    },
    /// The transport failed.
    Failed {
        /// Its word for the kind of failure, such as `reset`, `timeout` or `connect`; or `stall`.
        kind: &'static str,
        /// What happened.
        message: &'a str,
    },
}

/// What a stream came to.
pub(super) struct Verdict {
    pub(super) outcome: ReplyOutcome,
    pub(super) done: bool,
}

/// Judges a stream. An error that the server reported comes first, even if the stream then ended regularly. A reply that is
/// complete stays complete if its connection then fails. Else the transport's failure is the cause, and last what is
/// missing.
pub(super) fn judge(
    api: Api,
    eof_ends: bool,
    malformed: u64,
    builder: &mut ReplyBuilder,
    end: StreamEnd<'_>,
) -> Verdict {
    let unfinished = builder
        .choices
        .iter()
        .find(|choice| choice.finish_reason.is_none());
    let finished = unfinished.is_none() && !builder.choices.is_empty();
    let ended_by_eof = end == StreamEnd::Eof && (eof_ends || api.ends_by_eof());
    let ended = builder.marks.done.is_some() || (ended_by_eof && finished);
    let complete = finished && ended;

    let failure = if let Some(failure) = builder.failure.take() {
        Some(failure)
    } else if let StreamEnd::Status { status, body } = end {
        let message = match error_message(body) {
            Some(message) => format!("status {status}: {message}"),
            None => format!("status {status}"),
        };
        Some(ReplyFailure {
            kind: kind::STATUS,
            status: Some(status),
            message,
        })
    } else if let StreamEnd::Failed { kind, message } = end
        && !complete
    {
        Some(ReplyFailure {
            kind,
            status: None,
            message: message.to_owned(),
        })
    } else if malformed > 0 {
        let noun = if malformed == 1 {
            "chunk that is"
        } else {
            "chunks that are"
        };
        let message = format!("{malformed} {noun} not what {api} chunks should be");
        Some(ReplyFailure {
            kind: kind::MALFORMED,
            status: None,
            message,
        })
    } else if complete {
        None
    } else if end == StreamEnd::Closed && !ended {
        let message = "the client stopped reading before the end".to_owned();
        Some(ReplyFailure {
            kind: kind::CANCELLED,
            status: None,
            message,
        })
    } else {
        let missing: &dyn fmt::Display = match unfinished {
            None if builder.choices.is_empty() => &"any chunk",
            None => &api.closing_event(),
            Some(choice) if choice.index > 0 => {
                &format_args!("a finish reason for choice {}", choice.index)
            }
            Some(_) => &"a finish reason",
        };
        let message = format!("the stream ended without {missing}");
        Some(ReplyFailure {
            kind: kind::TRUNCATED,
            status: None,
            message,
        })
    };
    Verdict {
        outcome: failure.map_or(ReplyOutcome::Ok, ReplyOutcome::Failed),
        done: ended,
    }
}
