//! Faults in the body of a valid HTTP response.

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use tokio::time::Instant;

use super::{Shape, sample_event};
use crate::serve::clock;
use crate::serve::events::{Ending, event_stream};
use crate::serve::request::TargetRequest;
use crate::serve::stream::{BodySender, ResponseEnd};

/// The size of a write of a long body, in bytes.
const PIECE: usize = 64 << 10;

/// The response of a fault in the body; `None` for any other fault.
pub(super) fn respond(name: &str, request: &TargetRequest, shape: Shape) -> Option<Response> {
    let cut = |stall, end| {
        let ending = Ending { stall, end };
        event_stream(request.stream(|sender| cut_off(sender, shape.after, ending)))
    };
    Some(match name {
        "reset" => cut(None, ResponseEnd::Reset),
        "truncate" => cut(None, ResponseEnd::Truncate),
        "stall" => cut(Some(shape.hold), ResponseEnd::Truncate),
        "endless-line" => event_stream(request.stream(|sender| endless_line(sender, shape))),
        "slow-body" => event_stream(request.stream(|sender| slow_body(sender, shape))),
        "close-after-reply" => {
            let mut response = event_stream(request.stream(hangup));
            let promise = header::HeaderValue::from_static("timeout=5, max=100");
            response.headers_mut().insert("keep-alive", promise);
            response
        }
        "content-type" => {
            let page = "<!doctype html><title>Please log in</title>\n";
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
        }
        _ => return None,
    })
}

/// Sends exactly `after` bytes of a valid stream, then ends it with `ending`.
async fn cut_off(sender: BodySender, after: u64, ending: Ending) -> ResponseEnd {
    let mut left = usize::try_from(after).unwrap_or(usize::MAX);
    let mut number = 0;
    let mut buffer = BytesMut::new();
    while left > 0 {
        while buffer.len() < left.min(PIECE) {
            buffer.extend_from_slice(sample_event(number).as_bytes());
            number += 1;
        }
        let piece = buffer.split_to(left.min(PIECE)).freeze();
        left -= piece.len();
        sender.send(piece).await;
    }
    ending.play(&sender, None).await
}

/// Sends `data: xxxx…` as fast as the client reads: `bytes` bytes, or as many as fit into `hold`.
async fn endless_line(sender: BodySender, shape: Shape) -> ResponseEnd {
    let deadline = Instant::now() + shape.hold;
    let piece = Bytes::from(vec![b'x'; PIECE]);
    let prefix = Bytes::from_static(b"data: ");
    let mut left = if shape.bytes == 0 {
        u64::MAX
    } else {
        shape.bytes
    };
    let mut next = prefix;
    while left > 0 && Instant::now() < deadline {
        let size = usize::try_from(left).map_or(next.len(), |left| left.min(next.len()));
        left -= size as u64;
        sender.send(next.slice(..size)).await;
        next = piece.clone();
    }
    ResponseEnd::Complete
}

/// Sends a few events in pieces of `size` bytes, one piece every `delay`.
async fn slow_body(sender: BodySender, shape: Shape) -> ResponseEnd {
    let events: String = (0..shape.n.unwrap_or(3)).map(sample_event).collect();
    let size = shape
        .size
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or(1);
    let start = Instant::now();
    for (step, piece) in (0..).zip(events.as_bytes().chunks(size)) {
        sender
            .wait_until(clock::due(start, shape.delay, shape.delay, step), None)
            .await;
        sender.send(Bytes::copy_from_slice(piece)).await;
    }
    ResponseEnd::Complete
}

/// Sends a valid stream, then closes the connection.
async fn hangup(sender: BodySender) -> ResponseEnd {
    for number in 0..3 {
        sender.send(sample_event(number).into()).await;
    }
    ResponseEnd::Hangup
}
