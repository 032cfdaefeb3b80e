//! Reads traces of JSON lines.

use serde::Deserialize;
use serde_json::Value;

use super::read::{Session, TraceRow};
use crate::llm::Input;

/// The fields of both formats; other fields are ignored.
#[derive(Deserialize)]
struct Line {
    timestamp: Option<f64>,
    input_length: Option<u64>,
    output_length: Option<u64>,
    #[serde(default)]
    hash_ids: Vec<u64>,
    session_id: Option<Name>,
    delay: Option<f64>,
    text_input: Option<String>,
    messages: Option<Vec<Value>>,
    chat_id: Option<Name>,
    parent_chat_id: Option<Name>,
}

/// A name that may be written as a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Number(i64),
    Text(String),
}

impl Name {
    fn text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

const MOONCAKE: &str =
    r#"{"timestamp": 1000, "input_length": 300, "output_length": 40, "hash_ids": [1, 2]}"#;
const BAILIAN: &str = r#"{"chat_id": 1, "parent_chat_id": -1, "timestamp": 0.5, "input_length": 30, "output_length": 40, "hash_ids": [1, 2]}"#;

/// Parses a line in the format of Mooncake, with the additions of `AIPerf`.
pub(super) fn mooncake(line: &[u8]) -> Result<TraceRow, String> {
    let line = parse(line, MOONCAKE)?;
    let input = match (line.messages, line.text_input) {
        (Some(messages), _) => Some(Input::Messages(messages)),
        (None, text) => text.map(Input::Prompt),
    };
    let estimated = input.as_ref().map(Input::estimated_tokens);
    let prompt_tokens = needed(line.input_length.or(estimated), "input_length", MOONCAKE)?;
    Ok(TraceRow {
        at: line.timestamp.map(|millis| millis / 1e3),
        delay: line.delay.map(|millis| millis / 1e3),
        prompt_tokens,
        output_tokens: needed(line.output_length, "output_length", MOONCAKE)?,
        hashes: line.hash_ids,
        input,
        session: line
            .session_id
            .map_or(Session::Own, |name| Session::Named(name.text())),
    })
}

/// Parses a line in the format of Bailian.
pub(super) fn bailian(line: &[u8]) -> Result<TraceRow, String> {
    let line = parse(line, BAILIAN)?;
    let session = match (line.chat_id, line.parent_chat_id) {
        (None, _) => Session::Own,
        (Some(chat), None | Some(Name::Number(..0))) => Session::After(chat.text(), None),
        (Some(chat), Some(parent)) => Session::After(chat.text(), Some(parent.text())),
    };
    Ok(TraceRow {
        at: Some(needed(line.timestamp, "timestamp", BAILIAN)?),
        delay: None,
        prompt_tokens: needed(line.input_length, "input_length", BAILIAN)?,
        output_tokens: needed(line.output_length, "output_length", BAILIAN)?,
        hashes: line.hash_ids,
        input: None,
        session,
    })
}

fn parse(line: &[u8], example: &str) -> Result<Line, String> {
    serde_json::from_slice(line).map_err(|error| {
        let error = error.to_string();
        let what = error.split(" at line ").next().unwrap_or(&error);
        format!("{what}; a line is a JSON object such as {example}")
    })
}

fn needed<T>(value: Option<T>, field: &str, example: &str) -> Result<T, String> {
    value.ok_or_else(|| format!("has no {field}; a line is a JSON object such as {example}"))
}
