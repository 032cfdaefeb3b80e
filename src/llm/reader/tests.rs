//! Streams and the replies that a reader returns for them.

mod captures;
mod faults;
mod hostile;
mod marks;
mod replay;
mod shapes;

use std::time::Duration;

use super::super::{Api, Reader, ReaderOptions, ReaderUpdate, Reply, StreamEnd};

const KEEP: ReaderOptions = ReaderOptions {
    keep_text: true,
    eof_ends: false,
    max_line_bytes: 1 << 20,
};

const MS: Duration = Duration::from_millis(1);

/// Reads events that consist only of data, one every 10 ms, the first at 10 ms.
fn read(api: Api, events: &[&str], end: StreamEnd<'_>) -> Reply {
    let mut reader = Reader::new(api, KEEP);
    let mut at = Duration::ZERO;
    for data in events {
        at += 10 * MS;
        reader.event(at, b"", data.as_bytes());
    }
    reader.finish(at + 10 * MS, end)
}

/// The same for chat completions with a complete body.
fn chat(events: &[&str]) -> Reply {
    read(Api::ChatCompletions, events, StreamEnd::Eof)
}

/// The update for the only event of a stream.
fn hear(api: Api, data: &str) -> ReaderUpdate {
    Reader::new(api, KEEP).event(MS, b"", data.as_bytes())
}

/// The outcome as one word: `ok` or the kind of failure.
fn word(reply: &Reply) -> &'static str {
    reply.outcome.failure().map_or("ok", |failure| failure.kind)
}

/// The message of the failure.
fn message(reply: &Reply) -> &str {
    reply
        .outcome
        .failure()
        .map_or("", |failure| &failure.message)
}

/// A chunk of chat completions with this delta.
fn delta(delta: &str) -> String {
    format!(r#"{{"id":"c","choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#)
}

const STOP: &str = r#"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const DONE: &str = "[DONE]";
