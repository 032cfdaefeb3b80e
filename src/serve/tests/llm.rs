//! Replies of LLM routes: their events in the order and shape of the servers they speak like.

mod apis;
mod chat;
mod engine;
mod failures;

use std::net::SocketAddr;

use serde_json::Value;

use super::client::{Answer, post};

pub(super) const CHAT: &str = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"max_tokens":3,
    "messages":[{"role":"system","content":"You are helpful."},{"role":"user","content":"Say hello"}]}"#;

/// A streamed chat with these parameters.
pub(super) async fn chat(addr: SocketAddr, query: &str) -> Answer {
    post(addr, &format!("/v1/chat/completions?{query}"), CHAT).await
}

/// The `data` of the events in each chunk.
pub(super) fn events(answer: &Answer) -> Vec<Vec<String>> {
    let (chunks, _) = answer.chunks();
    let data = |event: &str| {
        event
            .lines()
            .find_map(|line| line.strip_prefix("data: "))
            .map(str::to_owned)
    };
    chunks
        .iter()
        .map(|chunk| chunk.split_terminator("\n\n").filter_map(data).collect())
        .collect()
}

/// What kind of event `data` is: the fields that tell.
pub(super) fn kind(data: &str) -> String {
    let Ok(event) = serde_json::from_str::<Value>(data) else {
        return data.to_owned();
    };
    if let Some(name) = event["type"].as_str() {
        return name.to_owned();
    }
    if event.get("error").is_some() {
        return "error".to_owned();
    }
    let Some(choice) = event["choices"].get(0) else {
        return if event["usage"].is_object() {
            "usage".to_owned()
        } else {
            "empty".to_owned()
        };
    };
    let part = match choice["delta"].as_object() {
        None => "text".to_owned(),
        Some(delta) => delta.keys().cloned().collect::<Vec<_>>().join("+"),
    };
    match choice["finish_reason"].as_str() {
        Some(reason) if part.is_empty() => format!("={reason}"),
        Some(reason) => format!("{part}={reason}"),
        None => part,
    }
}

/// The kinds of events in each chunk: `role+content,content|content|…`.
pub(super) fn outline(answer: &Answer) -> String {
    let chunks = events(answer).into_iter();
    let kinds = chunks.map(|chunk| {
        chunk
            .iter()
            .map(|data| kind(data))
            .collect::<Vec<_>>()
            .join(",")
    });
    kinds.collect::<Vec<_>>().join("|")
}

/// Field names in order, and the kinds of their values.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| format!("{name}:{}", shape(value)))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(shape).collect::<Vec<_>>().join(",")
        ),
        Value::String(_) => "text".to_owned(),
        Value::Number(_) => "number".to_owned(),
        other => other.to_string(),
    }
}

#[track_caller]
pub(super) fn assert_shape(data: &str, expected: &str) {
    let parse = |text: &str| {
        shape(&serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}")))
    };
    assert_eq!(parse(data), parse(expected));
}
