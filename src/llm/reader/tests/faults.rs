//! Faults of streams and the kinds that they get.

use super::{Api, DONE, KEEP, MS, Reader, STOP, StreamEnd, chat, delta, message, read, word};

const RESET: StreamEnd<'_> = StreamEnd::Failed {
    kind: "reset",
    message: "the connection was lost",
};

#[test]
fn a_chat_is_whole_only_with_a_finish_reason_and_done() {
    let a = &*delta(r#"{"content":"a"}"#);
    let empty_reason = r#"{"choices":[{"index":0,"delta":{},"finish_reason":""}]}"#;
    let second = r#"{"choices":[{"index":1,"delta":{"content":"b"}}]}"#;
    let table: [(&[&str], &str, &str); 9] = [
        (&[a, STOP, DONE], "ok", ""),
        (&[STOP, DONE], "ok", ""),
        (
            &[a, DONE],
            "truncated",
            "the stream ended without a finish reason",
        ),
        (
            &[a, empty_reason, DONE],
            "truncated",
            "the stream ended without a finish reason",
        ),
        (&[a, STOP], "truncated", "the stream ended without [DONE]"),
        (
            &[a, second, STOP, DONE],
            "truncated",
            "the stream ended without a finish reason for choice 1",
        ),
        (
            &[a],
            "truncated",
            "the stream ended without a finish reason",
        ),
        (&[DONE], "truncated", "the stream ended without any chunk"),
        (&[], "truncated", "the stream ended without any chunk"),
    ];
    for (events, expected, text) in table {
        let reply = chat(events);
        assert_eq!(
            (word(&reply), message(&reply)),
            (expected, text),
            "{events:?}"
        );
        assert_eq!(reply.done, events.contains(&DONE), "{events:?}");
    }
}

#[test]
fn the_end_of_the_body_can_replace_the_closing_event() {
    let a = delta(r#"{"content":"a"}"#);
    for (events, end, expected) in [
        (&[&*a, STOP][..], StreamEnd::Eof, "ok"),
        (&[&*a], StreamEnd::Eof, "truncated"),
        (&[&*a, STOP], RESET, "reset"),
    ] {
        let options = super::ReaderOptions {
            eof_ends: true,
            ..KEEP
        };
        let mut reader = Reader::new(Api::ChatCompletions, options);
        for data in events {
            reader.event(MS, b"", data.as_bytes());
        }
        assert_eq!(
            word(&reader.finish(MS, end)),
            expected,
            "{events:?} {end:?}"
        );
    }
}

#[test]
fn an_error_in_the_stream_is_a_failure_whatever_follows() {
    let a = &*delta(r#"{"content":"a"}"#);
    let table = [
        (
            r#"{"error":{"message":"boom","type":"T","param":null,"code":500}}"#,
            "boom",
        ),
        (
            r#"{"error":{"message":"boom","http_status_code":422}}"#,
            "boom",
        ),
        (r#"{"error":{"code":"overloaded"}}"#, "overloaded"),
        (r#"{"error":"boom"}"#, "boom"),
        (r#"{"error":"boom","error_type":"generation"}"#, "boom"),
        (r#"{"object":"error","message":"boom","code":400}"#, "boom"),
        (r#"{"choices":[],"error":{"message":"boom"}}"#, "boom"),
    ];
    for (error, text) in table {
        for events in [
            &[a, error, DONE][..],
            &[a, error],
            &[error],
            &[a, error, STOP, DONE],
        ] {
            for end in [StreamEnd::Eof, StreamEnd::Closed, RESET] {
                let reply = read(Api::ChatCompletions, events, end);
                assert_eq!(
                    (word(&reply), message(&reply)),
                    ("error_event", text),
                    "{events:?}"
                );
            }
        }
    }
    let fine = r#"{"choices":[{"index":0,"delta":{"content":"b"}}],"error":null}"#;
    assert_eq!(word(&chat(&[a, fine, STOP, DONE])), "ok");
    let two = chat(&[r#"{"error":"first"}"#, r#"{"error":"second"}"#]);
    assert_eq!(message(&two), "first");
}

#[test]
fn every_api_has_its_own_errors() {
    let table = [
        (
            Api::AnthropicMessages,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            "Overloaded",
        ),
        (
            Api::AnthropicMessages,
            r#"{"type":"error"}"#,
            "an error event without a message",
        ),
        (
            Api::Responses,
            r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"boom"}}}"#,
            "boom",
        ),
        (
            Api::Responses,
            r#"{"type":"error","code":"ERR","message":"boom","param":null}"#,
            "boom",
        ),
        (Api::Responses, r#"{"error":{"message":"boom"}}"#, "boom"),
        (Api::OllamaNdjson, r#"{"error":"boom"}"#, "boom"),
        (
            Api::Gemini,
            r#"{"error":{"code":503,"message":"boom"}}"#,
            "boom",
        ),
        (
            Api::LlamaCompletion,
            r#"{"error":{"code":500,"message":"boom"}}"#,
            "boom",
        ),
        (Api::Completions, r#"{"error":{"message":"boom"}}"#, "boom"),
    ];
    for (api, event, text) in table {
        let reply = read(api, &[event], StreamEnd::Eof);
        assert_eq!(
            (word(&reply), message(&reply)),
            ("error_event", text),
            "{api}: {event}"
        );
    }
}

#[test]
fn every_api_has_its_own_end() {
    let table: [(Api, &[&str], &str); 10] = [
        (
            Api::AnthropicMessages,
            &[r#"{"type":"message_start","message":{}}"#],
            "the stream ended without a finish reason",
        ),
        (
            Api::AnthropicMessages,
            &[r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#],
            "the stream ended without message_stop",
        ),
        (
            Api::AnthropicMessages,
            &[r#"{"type":"message_stop"}"#],
            "the stream ended without any chunk",
        ),
        (
            Api::AnthropicMessages,
            &[DONE],
            "the stream ended without any chunk",
        ),
        (
            Api::Responses,
            &[r#"{"type":"response.created","response":{}}"#],
            "the stream ended without a finish reason",
        ),
        (
            Api::Responses,
            &[DONE],
            "the stream ended without any chunk",
        ),
        (
            Api::OllamaNdjson,
            &[r#"{"message":{"content":"a"}}"#],
            "the stream ended without a finish reason",
        ),
        (
            Api::Gemini,
            &[r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#],
            "the stream ended without a finish reason",
        ),
        (
            Api::LlamaCompletion,
            &[r#"{"content":"a","stop":false}"#],
            "the stream ended without a finish reason",
        ),
        (
            Api::Completions,
            &[r#"{"choices":[{"text":"a","finish_reason":"stop"}]}"#],
            "the stream ended without [DONE]",
        ),
    ];
    for (api, events, text) in table {
        let reply = read(api, events, StreamEnd::Eof);
        assert_eq!(
            (word(&reply), message(&reply)),
            ("truncated", text),
            "{api}: {events:?}"
        );
    }
}

#[test]
fn a_failed_transport_is_the_cause_unless_the_reply_is_complete() {
    let a = &*delta(r#"{"content":"a"}"#);
    let broken = r#"{"choices":[{"#;
    for (events, expected) in [
        (&[a, STOP, DONE][..], "ok"),
        (&[a, STOP], "reset"),
        (&[a], "reset"),
        (&[], "reset"),
        (&[a, broken], "reset"),
        (&[a, DONE], "reset"),
    ] {
        assert_eq!(
            word(&read(Api::ChatCompletions, events, RESET)),
            expected,
            "{events:?}"
        );
    }
    let gemini = r#"{"candidates":[{"finishReason":"STOP","content":{"parts":[{"text":"a"}]}}]}"#;
    assert_eq!(word(&read(Api::Gemini, &[gemini], StreamEnd::Eof)), "ok");
    assert_eq!(word(&read(Api::Gemini, &[gemini], RESET)), "reset");
}

#[test]
fn failures_of_the_transport_keep_their_kind() {
    for kind in [
        "connect",
        "dns",
        "timeout",
        "truncated",
        super::super::super::kind::STALL,
    ] {
        let end = StreamEnd::Failed {
            kind,
            message: "why",
        };
        let reply = read(Api::ChatCompletions, &[], end);
        assert_eq!(
            (word(&reply), message(&reply), reply.done),
            (kind, "why", false)
        );
    }
}

#[test]
fn a_client_that_stops_reading_early_has_cancelled() {
    let a = &*delta(r#"{"content":"a"}"#);
    assert_eq!(
        word(&read(Api::ChatCompletions, &[a], StreamEnd::Closed)),
        "cancelled"
    );
    assert_eq!(
        word(&read(
            Api::ChatCompletions,
            &[a, STOP, DONE],
            StreamEnd::Closed
        )),
        "ok"
    );
    assert_eq!(
        word(&read(Api::ChatCompletions, &[a, DONE], StreamEnd::Closed)),
        "truncated"
    );
}

#[test]
fn a_malformed_chunk_fails_the_reply() {
    let a = &*delta(r#"{"content":"a"}"#);
    for broken in [
        "{",
        r#"{"choices":[{"#,
        r#"{"a":1}{"#,
        r#"[{"a":1}]"#,
        r#"["x"]"#,
    ] {
        let reply = chat(&[a, broken, STOP, DONE]);
        assert_eq!(
            (word(&reply), reply.malformed, reply.chunks),
            ("malformed", 1, 1),
            "{broken}"
        );
    }
    let reply = chat(&["{", "{"]);
    assert_eq!(
        message(&reply),
        "2 chunks that are not what chat chunks should be"
    );
}

#[test]
fn an_error_status_has_the_message_of_the_body() {
    for (body, text) in [
        (
            &br#"{"error":"Unauthorized"}"#[..],
            "status 401: Unauthorized",
        ),
        (b"", "status 401"),
        (b"<html>", "status 401"),
    ] {
        let reply = read(
            Api::ChatCompletions,
            &[],
            StreamEnd::Status { status: 401, body },
        );
        assert_eq!((word(&reply), message(&reply)), ("status", text));
    }
}

#[test]
fn a_line_without_end_ends_the_stream() {
    let options = super::ReaderOptions {
        max_line_bytes: 8,
        ..KEEP
    };
    let mut reader = Reader::new(Api::OllamaNdjson, options);
    assert!(!reader.bytes(MS, b"{}\n{\"abcd").is_over);
    assert!(reader.bytes(MS, b"efgh").is_over);
    let reply = reader.finish(MS, StreamEnd::Closed);
    assert_eq!(
        (word(&reply), message(&reply)),
        ("too_large", "a line of more than 8 bytes")
    );
}

#[test]
fn more_choices_than_the_maximum_are_malformed() {
    let mut reader = Reader::new(Api::ChatCompletions, KEEP);
    for index in 0..1000 {
        let chunk = format!(r#"{{"choices":[{{"index":{index},"delta":{{"content":"a"}}}}]}}"#);
        reader.event(MS, b"", chunk.as_bytes());
    }
    let reply = reader.finish(MS, StreamEnd::Eof);
    assert_eq!((reply.choices.len(), reply.malformed), (128, 872));
}
