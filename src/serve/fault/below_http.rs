//! Faults of HTTP itself: their bytes are written to the socket.

use std::io;
use std::sync::Arc;

use axum::response::Response;
use tokio::time::Instant;

use super::{Shape, sample_event};
use crate::serve::clock;
use crate::serve::raw::Raw;
use crate::serve::wire::SharedSocket;

const STATUS_LINE: &str = "HTTP/1.1 200 OK\r\n";
const EVENT_STREAM: &str = "content-type: text/event-stream\r\n";
const CHUNKED: &str = "transfer-encoding: chunked\r\n";

/// Performs a fault on the socket.
pub(super) async fn respond(name: &str, wire: Arc<SharedSocket>, shape: Shape) -> Response {
    let raw = Raw::take(wire);
    // This fails if the client leaves early, which also ends the response.
    let _ = write(name, &raw, shape).await;
    Raw::response()
}

async fn write(name: &str, raw: &Raw, shape: Shape) -> io::Result<()> {
    let event = sample_event(0);
    let body = format!("{}0\r\n\r\n", chunk(&event));
    let head = format!("{STATUS_LINE}{EVENT_STREAM}{CHUNKED}\r\n");
    match name {
        "bad-chunk" => {
            raw.write(format!("{head}{}zz\r\n{event}\r\n0\r\n\r\n", chunk(&event)))
                .await
        }
        "bad-status-line" => {
            raw.write(format!("ICY 200 OK\r\n{EVENT_STREAM}\r\n{event}"))
                .await
        }
        "slow-headers" => {
            let start = Instant::now();
            for (step, byte) in (0..).zip(head.bytes()) {
                let due = clock::due(start, shape.delay, shape.delay, step);
                tokio::time::sleep_until(due).await;
                raw.write([byte]).await?;
            }
            raw.write(body).await
        }
        "half-headers" => {
            raw.write(format!("{STATUS_LINE}content-ty")).await?;
            raw.hold(shape.hold).await;
            Ok(())
        }
        "no-headers" => Ok(()),
        "huge-headers" => {
            let size = usize::try_from(shape.size.unwrap_or(1 << 20)).unwrap_or(usize::MAX);
            raw.write(format!("{STATUS_LINE}x-huge: ")).await?;
            let piece = vec![b'x'; size.min(64 << 10)];
            let mut left = size;
            while left > 0 {
                let size = left.min(piece.len());
                raw.write(&piece[..size]).await?;
                left -= size;
            }
            raw.write(format!("\r\n{EVENT_STREAM}{CHUNKED}\r\n{body}"))
                .await
        }
        "many-headers" => {
            raw.write(STATUS_LINE).await?;
            for number in 0..shape.n.unwrap_or(10_000) {
                raw.write(format!("x-many-{number}: x\r\n")).await?;
            }
            raw.write(format!("{EVENT_STREAM}{CHUNKED}\r\n{body}"))
                .await
        }
        "early-hints" => {
            for _ in 0..shape.n.unwrap_or(1) {
                raw.write(b"HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n")
                    .await?;
            }
            raw.write(format!("{head}{body}")).await
        }
        "empty-reason" => {
            raw.write(format!(
                "HTTP/1.1 200 \r\n{EVENT_STREAM}{CHUNKED}\r\n{body}"
            ))
            .await
        }
        "no-length" => {
            raw.write(format!("{STATUS_LINE}{EVENT_STREAM}\r\n{event}"))
                .await
        }
        "short-length" => {
            let length = event.len() * 2;
            raw.write(format!(
                "{STATUS_LINE}{EVENT_STREAM}content-length: {length}\r\n\r\n{event}"
            ))
            .await
        }
        "close-idle" => {
            raw.write(format!("{head}{body}")).await?;
            raw.leave_at_next_request(shape.hold).await;
            Ok(())
        }
        unknown => Err(io::Error::other(format!("no fault {unknown:?}"))),
    }
}

fn chunk(bytes: &str) -> String {
    format!("{:x}\r\n{bytes}\r\n", bytes.len())
}
