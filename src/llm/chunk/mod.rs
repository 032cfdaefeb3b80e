//! Parses the relevant fields of a chunk.
//!
//! There is a file for each API, with the same structure: borrowed structs with the relevant fields only, and a `read` that
//! reports the content of the chunk. Without `KEEP`, no text is copied, not even to resolve its escapes.

mod anthropic;
mod error_text;
mod gemini;
mod llama;
mod object;
mod ollama;
mod openai;
mod responses;
mod text;
mod usage;
mod value;

use std::borrow::Cow;
use std::time::Duration;

use super::api::Api;
use super::builder::ReplyBuilder;

pub(super) use error_text::ErrorText;
pub(super) use text::ChunkText;

/// Why data that looks like a chunk is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MalformedChunk {
    /// It is not JSON, or a relevant field has the wrong type.
    Json,
    /// It has a choice beyond the maximum number.
    TooManyChoices,
}

impl From<serde_json::Error> for MalformedChunk {
    fn from(_: serde_json::Error) -> Self {
        Self::Json
    }
}

/// Reads one JSON object of a stream in this API. `name` is the event's type, for the APIs that need it.
pub(super) fn read<const KEEP: bool>(
    api: Api,
    at: Duration,
    name: &[u8],
    data: &[u8],
    builder: &mut ReplyBuilder,
) -> Result<(), MalformedChunk> {
    let result = read_once::<KEEP>(api, at, name, data, builder);
    if result == Err(MalformedChunk::Json)
        && let Cow::Owned(data) = repaired(data)
    {
        return read_once::<KEEP>(api, at, name, &data, builder);
    }
    result
}

// Each parses the whole chunk before it reports anything, so that a chunk can be read again.
fn read_once<const KEEP: bool>(
    api: Api,
    at: Duration,
    name: &[u8],
    data: &[u8],
    builder: &mut ReplyBuilder,
) -> Result<(), MalformedChunk> {
    match api {
        Api::ChatCompletions | Api::Completions => openai::read::<KEEP>(at, data, builder),
        Api::AnthropicMessages => anthropic::read::<KEEP>(at, name, data, builder),
        Api::Responses => responses::read::<KEEP>(at, name, data, builder),
        Api::OllamaNdjson => ollama::read::<KEEP>(at, data, builder),
        Api::Gemini => gemini::read::<KEEP>(at, data, builder),
        Api::LlamaCompletion => llama::read::<KEEP>(at, data, builder),
    }
}

/// Replaces by U+FFFD what a browser's `JSON.parse` accepts and serde does not: invalid UTF-8, and escapes of lone surrogates,
/// which come from servers that split text within a surrogate pair. Borrowed if there is nothing to replace.
fn repaired(data: &[u8]) -> Cow<'_, [u8]> {
    let text = String::from_utf8_lossy(data);
    let mut repaired = String::new();
    let mut kept = 0;
    let mut at = 0;
    let bytes = text.as_bytes();
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..]) {
        let escape = at + found;
        at = (escape + 2).min(bytes.len());
        let Some(unit) = surrogate(&bytes[escape..]) else {
            continue;
        };
        let is_pair =
            unit < 0xDC00 && surrogate(&bytes[escape + 6..]).is_some_and(|second| second >= 0xDC00);
        if is_pair {
            at = escape + 12;
        } else {
            repaired.push_str(&text[kept..escape]);
            repaired.push('\u{fffd}');
            at = escape + 6;
            kept = at;
        }
    }
    if kept > 0 {
        repaired.push_str(&text[kept..]);
        return Cow::Owned(repaired.into_bytes());
    }
    match text {
        Cow::Borrowed(_) => Cow::Borrowed(data),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// The code unit of `\uXXXX` at the start of `bytes`, if it is half of a surrogate pair.
fn surrogate(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    let unit = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    (0xD800..0xE000).contains(&unit).then_some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_and_bad_bytes_are_replaced() {
        let table: [(&[u8], &str); 7] = [
            (br#""\ud83d""#, "\"\u{fffd}\""),
            (br#""\ude42a""#, "\"\u{fffd}a\""),
            (br#""\ud83d\ud83d\ude42""#, "\"\u{fffd}\\ud83d\\ude42\""),
            (br#""\\ud83d\ud83d""#, "\"\\\\ud83d\u{fffd}\""),
            (
                br#""\ud83dx\"\udc00\u00e4""#,
                "\"\u{fffd}x\\\"\u{fffd}\\u00e4\"",
            ),
            (b"\"\xff\"", "\"\u{fffd}\""),
            (b"\"\xff\\udfff\"", "\"\u{fffd}\u{fffd}\""),
        ];
        for (data, expected) in table {
            let repaired = repaired(data);
            assert_eq!(String::from_utf8_lossy(&repaired), expected);
            assert!(matches!(repaired, Cow::Owned(_)), "{expected}");
        }
    }

    #[test]
    fn valid_data_is_borrowed() {
        for data in [
            r#""\ud83d\ude42""#,
            "{}",
            r"\",
            r"\u",
            r"\ud83",
            r#"{"a":"\\"}"#,
            "\u{2028}",
        ] {
            assert!(
                matches!(repaired(data.as_bytes()), Cow::Borrowed(_)),
                "{data}"
            );
        }
    }
}
