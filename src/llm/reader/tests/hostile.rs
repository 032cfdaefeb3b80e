//! A reader returns a consistent reply, whatever a server sends.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::ReaderOptions;
use super::{Api, KEEP, Reader, Reply, StreamEnd};

/// Unexpected values of every kind, with the names that readers look for.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0..3_u64).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a\\\"\u{0}\u{2028}🙂]{0,3}".prop_map(Value::from),
        proptest::sample::select(WORDS).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec((proptest::sample::select(WORDS), inner), 0..4).prop_map(
                |fields| {
                    fields
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect()
                }
            ),
        ]
    })
}

const WORDS: &[&str] = &[
    "arguments",
    "candidates",
    "choices",
    "code",
    "completion_tokens",
    "content",
    "content_block",
    "content_block_delta",
    "delta",
    "done",
    "error",
    "finish_reason",
    "finishReason",
    "function",
    "index",
    "message",
    "message_delta",
    "message_start",
    "message_stop",
    "name",
    "parts",
    "partial_json",
    "ping",
    "reasoning",
    "response",
    "response.completed",
    "response.failed",
    "response.output_text.delta",
    "status",
    "stop",
    "stop_reason",
    "text",
    "timings",
    "tool_calls",
    "type",
    "usage",
    "usageMetadata",
];

fn api() -> impl Strategy<Value = Api> {
    proptest::sample::select(&Api::ALL)
}

fn check(reply: &Reply) -> Result<(), TestCaseError> {
    let marks = reply.marks;
    prop_assert!(reply.gaps.len() as u64 <= reply.chunks);
    prop_assert_eq!(marks.first_fragment.is_some(), reply.chunks > 0);
    prop_assert_eq!(marks.last_fragment.is_some(), reply.chunks > 0);
    prop_assert!(marks.first_fragment.is_none() || marks.first_fragment >= marks.first_chunk);
    prop_assert!(reply.chunks == 0 || marks.first_chunk.is_some());
    prop_assert!(marks.first_output.is_none() || marks.first_output >= marks.first_fragment);
    prop_assert!(marks.last_fragment.unwrap_or_default() <= marks.end);
    prop_assert!(reply.malformed + reply.keep_alives <= reply.events);
    if reply.outcome.is_ok() {
        prop_assert!(reply.done && reply.malformed == 0 && !reply.choices.is_empty());
        prop_assert!(
            reply
                .choices
                .iter()
                .all(|choice| choice.finish_reason.is_some())
        );
    }
    let _ = (reply.tpot(), reply.tokens_per_second());
    Ok(())
}

proptest! {
    #[test]
    fn any_json_gives_a_consistent_reply(
        api in api(),
        values in proptest::collection::vec(value(), 0..8),
        keep_text: bool,
        end in 0..3_u8,
    ) {
        let mut reader = Reader::new(api, ReaderOptions { keep_text, ..KEEP });
        let mut at = Duration::ZERO;
        for value in &values {
            at += Duration::from_millis(1);
            reader.event(at, b"", value.to_string().as_bytes());
            // Most generated values are not objects.
            let chunk = json!({"choices": [{"delta": value, "index": value}], "usage": value, "delta": value});
            reader.event(at, b"response.output_text.delta", chunk.to_string().as_bytes());
        }
        let end = match end {
            0 => StreamEnd::Eof,
            1 => StreamEnd::Closed,
            _ => StreamEnd::Failed { kind: "reset", message: "" },
        };
        check(&reader.finish(at, end))?;
    }

    #[test]
    fn an_object_is_never_malformed(api in api(), value in value()) {
        let mut reader = Reader::new(api, KEEP);
        for key in WORDS {
            reader.event(Duration::ZERO, b"", json!({ *key: value }).to_string().as_bytes());
            reader.event(Duration::ZERO, b"", json!({"delta": {*key: value}}).to_string().as_bytes());
            let choices = json!({"choices": [{*key: value, "delta": {*key: value}}]});
            reader.event(Duration::ZERO, b"", choices.to_string().as_bytes());
        }
        // Only for a choice beyond the maximum number, which this test does not generate.
        prop_assert_eq!(reader.finish(Duration::ZERO, StreamEnd::Eof).malformed, 0);
    }

    #[test]
    fn any_bytes_give_a_consistent_reply(api in api(), data in proptest::collection::vec(any::<u8>(), 0..60)) {
        let mut reader = Reader::new(api, KEEP);
        reader.event(Duration::ZERO, &data, &data);
        let object = [b"{", &*data].concat();
        reader.event(Duration::ZERO, b"", &object);
        reader.bytes(Duration::ZERO, &data);
        check(&reader.finish(Duration::ZERO, StreamEnd::Eof))?;
    }

    #[test]
    fn whether_text_is_kept_changes_nothing_else(
        api in api(),
        values in proptest::collection::vec(value(), 0..6),
    ) {
        let [kept, dropped] = [true, false].map(|keep_text| {
            let mut reader = Reader::new(api, ReaderOptions { keep_text, ..KEEP });
            for value in &values {
                let chunk = json!({"choices": [{"delta": value}], "candidates": value, "message": value});
                reader.event(Duration::ZERO, b"", chunk.to_string().as_bytes());
            }
            let mut reply = reader.finish(Duration::ZERO, StreamEnd::Eof);
            for choice in &mut reply.choices {
                choice.text.clear();
                choice.reasoning.clear();
                choice.tool_arguments.clear();
            }
            reply
        });
        prop_assert_eq!(kept, dropped);
    }
}
