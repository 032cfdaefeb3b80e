//! Faults of HTTP itself, written byte by byte.

use std::io;
use std::sync::Arc;

use axum::response::Response;
use tokio::time::Instant;

use super::{Shape, sample_event};
use crate::serve::clock;
use crate::serve::raw::Raw;
use crate::serve::wire::Wire;

const STATUS_LINE: &str = "HTTP/1.1 200 OK\r\n";
const EVENT_STREAM: &str = "content-type: text/event-stream\r\n";
const CHUNKED: &str = "transfer-encoding: chunked\r\n";

/// What goes wrong on the wire.
#[derive(Debug, Clone, Copy)]
pub(super) enum BelowHttp {
    BadChunk,
    BadStatusLine,
    SlowHeaders,
    HalfHeaders,
    NoHeaders,
    HugeHeaders,
    ManyHeaders,
    EarlyHints,
    EmptyReason,
    NoLength,
    ShortLength,
    CloseIdle,
}

impl BelowHttp {
    pub(super) async fn respond(self, wire: Arc<Wire>, shape: Shape) -> Response {
        let raw = Raw::take(wire);
        // It fails when the client leaves early, which ends the reply just as well.
        let _ = self.write(&raw, shape).await;
        Raw::response()
    }

    async fn write(self, raw: &Raw, shape: Shape) -> io::Result<()> {
        let event = sample_event(0);
        let body = format!("{}0\r\n\r\n", chunk(&event));
        let head = format!("{STATUS_LINE}{EVENT_STREAM}{CHUNKED}\r\n");
        match self {
            Self::BadChunk => {
                raw.write(format!("{head}{}zz\r\n{event}\r\n0\r\n\r\n", chunk(&event)))
                    .await
            }
            Self::BadStatusLine => {
                raw.write(format!("ICY 200 OK\r\n{EVENT_STREAM}\r\n{event}"))
                    .await
            }
            Self::SlowHeaders => {
                let start = Instant::now();
                for (step, byte) in (0..).zip(head.bytes()) {
                    let due = clock::due(start, shape.delay, shape.delay, step);
                    tokio::time::sleep_until(due).await;
                    raw.write([byte]).await?;
                }
                raw.write(body).await
            }
            Self::HalfHeaders => {
                raw.write(format!("{STATUS_LINE}content-ty")).await?;
                raw.hold(shape.hold).await;
                Ok(())
            }
            Self::NoHeaders => Ok(()),
            Self::HugeHeaders => {
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
            Self::ManyHeaders => {
                raw.write(STATUS_LINE).await?;
                for number in 0..shape.n.unwrap_or(10_000) {
                    raw.write(format!("x-many-{number}: x\r\n")).await?;
                }
                raw.write(format!("{EVENT_STREAM}{CHUNKED}\r\n{body}"))
                    .await
            }
            Self::EarlyHints => {
                for _ in 0..shape.n.unwrap_or(1) {
                    raw.write(b"HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n")
                        .await?;
                }
                raw.write(format!("{head}{body}")).await
            }
            Self::EmptyReason => {
                raw.write(format!(
                    "HTTP/1.1 200 \r\n{EVENT_STREAM}{CHUNKED}\r\n{body}"
                ))
                .await
            }
            Self::NoLength => {
                raw.write(format!("{STATUS_LINE}{EVENT_STREAM}\r\n{event}"))
                    .await
            }
            Self::ShortLength => {
                let length = event.len() * 2;
                raw.write(format!(
                    "{STATUS_LINE}{EVENT_STREAM}content-length: {length}\r\n\r\n{event}"
                ))
                .await
            }
            Self::CloseIdle => {
                raw.write(format!("{head}{body}")).await?;
                raw.leave_at_next_request(shape.hold).await;
                Ok(())
            }
        }
    }
}

fn chunk(bytes: &str) -> String {
    format!("{:x}\r\n{bytes}\r\n", bytes.len())
}
