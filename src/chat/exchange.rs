//! Sends a request to a model and reads the reply.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use ::http::header::RETRY_AFTER;
use bytes::Bytes;

use super::listener::Listener;
use super::model_request::ModelRequest;
use super::reading::{BodyOutcome, STALL, UnderWay, stalled};
use crate::http::{
    Client, Error, ErrorKind, Head, Limit, Limits, Passed, RequestFailure, Response, Traffic,
};
use crate::llm::{Reader, Reply, ReplyOutcome, StreamEnd, error_message, kind};
use crate::samples::RequestTimes;
use crate::units::without_secrets;

/// A request to a model, with its reply and measurements.
#[derive(Debug)]
pub struct ChatExchange {
    /// Status and headers of the answer, if there is one.
    pub head: Option<Head>,
    /// The judged reply. Its times count from [`ChatExchange::start`].
    pub reply: Reply,
    /// The start of the request.
    pub start: Instant,
    /// The phases of the request.
    pub times: RequestTimes,
    /// Bytes on the wire.
    pub traffic: Traffic,
    /// An error of the network or of HTTP. An error inside the stream, or a missing end, is part of the reply.
    pub error: Option<Error>,
    /// The body of an answer that is not a stream, up to 64 KiB.
    pub body: Option<Bytes>,
    /// How often the request was sent again because the server cannot have seen it.
    pub reconnects: u32,
}

/// Sends the request `call` and reads the reply to its end.
///
/// Dropping the future closes the connection.
pub async fn exchange(
    client: &Client,
    call: &ModelRequest,
    listener: &mut impl Listener,
) -> ChatExchange {
    let mut options = call.reader;
    options.keep_text |= listener.wants_fragments();
    let mut reader = Reader::new(call.api, options);
    let now = Instant::now();
    let limit = |name, length: Option<Duration>| Limit::new(name, length?, now);
    let timeout = limit("timeout", call.request.timeout);
    let mut limits = Limits::none(now);
    limits.timeout = timeout;
    limits.enough = limit("cancel_after", call.cancel_after);
    limits.first = limit(STALL, call.stall_timeout);
    limits.idle = call.stall_timeout.map(|length| (STALL, length));
    let way = limits.for_response();
    let mut under_way = UnderWay::new(listener);
    let response = match client.send_within(call.request.clone(), way).await {
        Ok(response) => response,
        Err(failure) => {
            under_way.over();
            let is_timeout = failure.error.kind == ErrorKind::Timeout;
            let passed = limits.next_of_whole();
            let passed = passed.filter(|(at, _)| is_timeout && Instant::now() >= *at);
            let passed = passed.map(|(_, passed)| passed);
            return unanswered(*failure, passed, reader);
        }
    };
    let Response {
        head,
        timings,
        body,
        reconnects,
        ..
    } = response;
    reader.first_byte(timings.phases.total());
    let mut refused = None;
    let ended = if let Some(error) = head.refusal(call.content_types()) {
        refused = Some(under_way.refuse((head, body), timeout).await);
        BodyOutcome::Failed(error)
    } else {
        let answer = (head, body);
        under_way
            .read(answer, call, timings.start, &mut limits, &mut reader)
            .await
    };
    let end = match ended {
        BodyOutcome::Eof | BodyOutcome::Closed => under_way.ended(),
        BodyOutcome::Stalled(_) | BodyOutcome::Failed(_) => None,
    }
    .unwrap_or_else(Instant::now);
    let (head, traffic) = under_way.over();
    let at = end.saturating_duration_since(timings.start);
    let (mut reply, mut error) = judged(reader, at, ended, head.as_ref(), refused.as_deref());
    // A server may repeat a wrong key in its message, which is shown and saved.
    let hide = |message: &mut String| *message = without_secrets(message, call.request.secrets());
    if let ReplyOutcome::Failed(failure) = &mut reply.outcome {
        hide(&mut failure.message);
    }
    if let Some(error) = &mut error {
        hide(&mut error.message);
    }
    ChatExchange {
        reply,
        start: timings.start,
        times: RequestTimes::answered(&timings, end),
        traffic,
        error,
        body: refused,
        reconnects,
        head,
    }
}

/// An exchange without an answer, because it failed or because the limit `passed` ended it.
pub(super) fn unanswered(
    failure: RequestFailure,
    passed: Option<Passed>,
    mut reader: Reader,
) -> ChatExchange {
    let now = Instant::now();
    let timings = failure.timings;
    let at = now.saturating_duration_since(timings.start);
    let failed = match passed {
        Some(Passed::Enough) => None,
        Some(Passed::First(limit) | Passed::Idle(limit)) => Some((stalled(&limit), kind::STALL)),
        Some(Passed::Timeout(_)) | None => {
            let kind = failure.error.kind.as_str();
            Some((failure.error, kind))
        }
    };
    let end = match &failed {
        None => StreamEnd::Closed,
        Some((error, kind)) => StreamEnd::Failed {
            kind,
            message: &error.message,
        },
    };
    ChatExchange {
        reply: reader.finish(at, end),
        head: failure.head,
        start: timings.start,
        times: RequestTimes::unanswered(&timings, now),
        traffic: failure.traffic,
        error: failed.map(|(error, _)| error),
        body: None,
        reconnects: failure.reconnects,
    }
}

/// Ends the reply of the reader, and adds the message of a refused answer.
fn judged(
    mut reader: Reader,
    at: Duration,
    ended: BodyOutcome,
    head: Option<&Head>,
    refused: Option<&[u8]>,
) -> (Reply, Option<Error>) {
    let (mut error, kind) = match ended {
        BodyOutcome::Eof => return (reader.finish(at, StreamEnd::Eof), None),
        BodyOutcome::Closed => return (reader.finish(at, StreamEnd::Closed), None),
        BodyOutcome::Stalled(error) => (error, kind::STALL),
        BodyOutcome::Failed(error) => {
            let kind = error.kind.as_str();
            (error, kind)
        }
    };
    let said = refused.and_then(error_message);
    if error.kind == ErrorKind::Status
        && let Some(head) = head
    {
        let status = head.status.as_u16();
        let body = refused.unwrap_or_default();
        let mut reply = reader.finish(at, StreamEnd::Status { status, body });
        if let ReplyOutcome::Failed(failure) = &mut reply.outcome
            && let Some(after) = head.headers.get(RETRY_AFTER)
        {
            let after = String::from_utf8_lossy(after.as_bytes());
            let _ = write!(failure.message, " (Retry-After: {after})");
        }
        return (reply, Some(error));
    }
    if let Some(said) = said {
        let _ = write!(error.message, "; it says: {said}");
    }
    let message = &error.message;
    (
        reader.finish(at, StreamEnd::Failed { kind, message }),
        Some(error),
    )
}
