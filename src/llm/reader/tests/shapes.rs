//! The different forms in which servers write the same content.

use super::super::super::FragmentKind;
use super::{Api, DONE, KEEP, MS, Reader, STOP, StreamEnd, chat, delta, hear, read, word};

#[test]
fn a_fragment_is_found_wherever_a_server_puts_it() {
    let table = [
        (r#"{"role":"assistant"}"#, None),
        (r#"{"role":"assistant","content":""}"#, None),
        (
            r#"{"role":"assistant","content":null,"tool_calls":null}"#,
            None,
        ),
        (r#"{"content":"a"}"#, Some(FragmentKind::Content)),
        (r#"{"content":" "}"#, Some(FragmentKind::Content)),
        (
            r#"{"content":[{"type":"text","text":"a"}]}"#,
            Some(FragmentKind::Content),
        ),
        (
            r#"{"content":null,"refusal":"no"}"#,
            Some(FragmentKind::Content),
        ),
        (
            r#"{"content":null,"reasoning_content":"a"}"#,
            Some(FragmentKind::Reasoning),
        ),
        (
            r#"{"content":"","reasoning":"a"}"#,
            Some(FragmentKind::Reasoning),
        ),
        (
            r#"{"reasoning":"a","reasoning_content":"a"}"#,
            Some(FragmentKind::Reasoning),
        ),
        (r#"{"tool_calls":[]}"#, None),
        (
            r#"{"tool_calls":[{"index":0,"id":"c","function":{"arguments":""}}]}"#,
            None,
        ),
        (
            r#"{"tool_calls":[{"function":{"name":"f","arguments":""}}]}"#,
            Some(FragmentKind::Tool),
        ),
        (
            r#"{"tool_calls":[{"function":{"arguments":"{"}}]}"#,
            Some(FragmentKind::Tool),
        ),
        (
            r#"{"function_call":{"name":"f"}}"#,
            Some(FragmentKind::Tool),
        ),
        (
            r#"{"content":"a","obfuscation":"xyz","annotations":[{"a":[1]}]}"#,
            Some(FragmentKind::Content),
        ),
        ("null", None),
    ];
    for (json, part) in table {
        let heard = hear(Api::ChatCompletions, &delta(json));
        assert_eq!(heard.fragment, part, "{json}");
        assert!(heard.is_alive && !heard.is_over, "{json}");
    }
}

#[test]
fn reasoning_under_two_names_is_not_doubled() {
    let reply = chat(&[
        &delta(r#"{"reasoning":"a","reasoning_content":"a"}"#),
        STOP,
        DONE,
    ]);
    assert_eq!(reply.reasoning(), "a");
}

#[test]
fn text_is_kept_only_on_request() {
    let mut reader = Reader::new(Api::ChatCompletions, super::super::ReaderOptions::default());
    let heard = reader.event(MS, b"", delta(r#"{"content":"a\nb"}"#).as_bytes());
    assert_eq!(
        (heard.fragment, reader.text()),
        (Some(FragmentKind::Content), "")
    );
    assert_eq!(reader.finish(MS, StreamEnd::Eof).chunks, 1);
}

#[test]
fn any_character_may_stand_in_a_chunk() {
    let table = [
        ("\u{2028}\u{2029}\u{85}", "\u{2028}\u{2029}\u{85}"),
        (r"\u00f6\ud83d\ude42", "ö🙂"),
        (r"a\ud83d", "a\u{fffd}"),
        (r#"\"\\\n"#, "\"\\\n"),
    ];
    for (json, text) in table {
        let reply = chat(&[&delta(&format!(r#"{{"content":"{json}"}}"#)), STOP, DONE]);
        assert_eq!((word(&reply), reply.text()), ("ok", text), "{json}");
    }
    let mut reader = Reader::new(Api::ChatCompletions, KEEP);
    reader.event(
        MS,
        b"",
        b"{\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}",
    );
    assert_eq!(reader.text(), "\u{fffd}");
}

#[test]
fn usage_can_be_in_any_chunk_or_missing() {
    let a = delta(r#"{"content":"a"}"#);
    let last = r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":3}}}"#;
    let null = r#"{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":null}"#;
    let with_finish = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"completion_tokens":7}}"#;
    let sglext = r#"{"choices":[],"sglext":{"routed_experts":null}}"#;
    let odd = r#"{"choices":[],"usage":{"completion_tokens":"7"}}"#;
    let zero = r#"{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0}}"#;
    let timings = r#"{"choices":[],"timings":{"cache_n":1,"prompt_n":4,"predicted_n":9}}"#;
    let table: [(&[&str], u64, &str, Option<u64>); 9] = [
        (&[&a, STOP, last, DONE], 7, "usage", Some(5)),
        (&[null, STOP, sglext, last, DONE], 7, "usage", Some(5)),
        (&[&a, with_finish, DONE], 7, "usage", None),
        (&[&a, STOP, sglext, DONE], 1, "counted_chunks", None),
        (&[&a, STOP, odd, DONE], 1, "counted_chunks", None),
        (&[&a, STOP, zero, DONE], 1, "counted_chunks", Some(0)),
        (&[STOP, zero, DONE], 0, "usage", Some(0)),
        (&[&a, STOP, timings, DONE], 9, "timings", Some(5)),
        (&[&a, STOP, timings, last, DONE], 7, "usage", Some(5)),
    ];
    for (events, completion, source, prompt) in table {
        let reply = chat(events);
        assert_eq!(word(&reply), "ok", "{events:?}");
        let tokens = reply.tokens;
        assert_eq!(
            (tokens.completion, tokens.source.as_str(), tokens.prompt),
            (completion, source, prompt),
            "{events:?}"
        );
    }
    let tokens = chat(&[&a, STOP, last, DONE]).tokens;
    assert_eq!((tokens.cached, tokens.reasoning), (Some(2), Some(3)));
}

#[test]
fn usage_in_every_chunk_counts_the_tokens_of_its_choice() {
    let chunk = |index: u64, tokens: u64, finish: &str| {
        format!(
            r#"{{"choices":[{{"index":{index},"delta":{{"content":"a"}},"finish_reason":{finish}}}],"usage":{{"completion_tokens":{tokens}}}}}"#
        )
    };
    let events = [
        chunk(0, 1, "null"),
        chunk(1, 2, "null"),
        chunk(0, 3, "\"stop\""),
        chunk(1, 5, "\"stop\""),
        DONE.to_owned(),
    ];
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    let tokens = chat(&events).tokens;
    assert_eq!(
        (tokens.completion, tokens.source.as_str()),
        (8, "chunk_usage")
    );
    // A count of the whole reply takes precedence.
    let whole = r#"{"choices":[],"usage":{"completion_tokens":9}}"#;
    let tokens = chat(&[&events[..4], &[whole, DONE]].concat()).tokens;
    assert_eq!((tokens.completion, tokens.source.as_str()), (9, "usage"));
}

#[test]
fn output_tokens_at_the_start_of_anthropic_are_ignored() {
    let start =
        r#"{"type":"message_start","message":{"usage":{"input_tokens":3,"output_tokens":4}}}"#;
    let delta = r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}"#;
    let tokens = read(Api::AnthropicMessages, &[start, delta], StreamEnd::Eof).tokens;
    assert_eq!((tokens.prompt, tokens.completion), (Some(3), 1));
    assert_eq!(tokens.source.as_str(), "counted_chunks");
}

#[test]
fn malformed_keep_alives_are_not_chunks() {
    for data in [
        "",
        " ",
        ": keep-alive",
        "keep-alive",
        "ping",
        "1",
        "null",
        "\"x\"",
        "[PING]",
    ] {
        let heard = hear(Api::ChatCompletions, data);
        assert!(!heard.is_alive && !heard.is_over, "{data:?}");
        let a = delta(r#"{"content":"a"}"#);
        let reply = chat(&[data, &a, data, STOP, DONE]);
        assert_eq!(word(&reply), "ok", "{data:?}");
        assert_eq!(
            (reply.keep_alives, reply.malformed, reply.events),
            (2, 0, 5),
            "{data:?}"
        );
        assert_eq!(reply.marks.first_chunk, Some(20 * MS), "{data:?}");
    }
}

#[test]
fn pings_of_anthropic_are_keep_alives_and_unknown_events_are_ignored() {
    let api = Api::AnthropicMessages;
    assert!(!hear(api, r#"{"type":"ping"}"#).is_alive);
    assert!(
        hear(api, r#"{"type":"something_new","delta":{"text":"x"}}"#)
            .fragment
            .is_none()
    );
    let events = [
        r#"{"type":"message_start","message":{"usage":{"input_tokens":3,"cache_creation_input_tokens":4,"cache_read_input_tokens":5,"output_tokens":1}}}"#,
        r#"{"type":"ping"}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s"}}"#,
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{}"}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":12}}"#,
        r#"{"type":"message_stop"}"#,
        DONE,
    ];
    let reply = read(api, &events, StreamEnd::Eof);
    assert_eq!(
        (word(&reply), reply.finish_reason()),
        ("ok", Some("tool_use"))
    );
    assert_eq!((reply.chunks, reply.keep_alives), (3, 1));
    assert_eq!(
        (reply.reasoning(), &*reply.choices[0].tool_arguments),
        ("hm", "{}")
    );
    assert_eq!(
        (reply.tokens.prompt, reply.tokens.cached),
        (Some(12), Some(5))
    );
    assert_eq!(
        (reply.tokens.completion, reply.tokens.source.as_str()),
        (12, "usage")
    );
    assert_eq!((reply.ttft(), reply.ttfo()), (Some(40 * MS), Some(60 * MS)));
}

#[test]
fn the_type_of_an_event_may_be_in_its_name_alone() {
    let mut reader = Reader::new(Api::AnthropicMessages, KEEP);
    let heard = reader.event(MS, b"content_block_delta", br#"{"delta":{"text":"a"}}"#);
    assert_eq!(heard.fragment, Some(FragmentKind::Content));
    let mut reader = Reader::new(Api::Responses, KEEP);
    let heard = reader.event(MS, b"response.output_text.delta", br#"{"delta":"a"}"#);
    assert_eq!(heard.fragment, Some(FragmentKind::Content));
}

#[test]
fn responses_has_its_own_events() {
    let table = [
        ("response.output_text.delta", Some(FragmentKind::Content)),
        ("response.refusal.delta", Some(FragmentKind::Content)),
        (
            "response.reasoning_text.delta",
            Some(FragmentKind::Reasoning),
        ),
        (
            "response.reasoning_summary_text.delta",
            Some(FragmentKind::Reasoning),
        ),
        (
            "response.function_call_arguments.delta",
            Some(FragmentKind::Tool),
        ),
        (
            "response.custom_tool_call_input.delta",
            Some(FragmentKind::Tool),
        ),
        ("response.output_text.done", None),
        ("response.audio.delta", None),
    ];
    for (kind, part) in table {
        let data = format!(r#"{{"type":"{kind}","sequence_number":4,"delta":"a","text":"b"}}"#);
        assert_eq!(hear(Api::Responses, &data).fragment, part, "{kind}");
    }
}

#[test]
fn a_response_ends_with_its_status_or_the_reason_why_it_is_incomplete() {
    let delta = r#"{"type":"response.output_text.delta","delta":"a"}"#;
    let table = [
        (
            r#"{"type":"response.completed","response":{"status":"completed","usage":{"input_tokens":2,"output_tokens":5}}}"#,
            "completed",
        ),
        (
            r#"{"type":"response.completed","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"usage":{"output_tokens":5}}}"#,
            "max_output_tokens",
        ),
        (
            r#"{"type":"response.incomplete","response":{"incomplete_details":null,"error":null,"usage":{"output_tokens":5}}}"#,
            "incomplete",
        ),
    ];
    for (last, reason) in table {
        assert!(hear(Api::Responses, last).is_over);
        let reply = read(Api::Responses, &[delta, last], StreamEnd::Eof);
        assert_eq!((word(&reply), reply.finish_reason()), ("ok", Some(reason)));
        assert_eq!((reply.tokens.completion, reply.done), (5, true));
    }
}

#[test]
fn ollama_sends_json_lines() {
    let mut reader = Reader::new(Api::OllamaNdjson, KEEP);
    let heard = reader.bytes(
        MS,
        b"{\"message\":{\"thinking\":\"hm\"},\"done\":false}\r\n\r\n{\"mess",
    );
    assert_eq!(heard.fragment, Some(FragmentKind::Reasoning));
    let heard = reader.bytes(
        2 * MS,
        b"age\":{\"content\":\"a\"}}\n{\"response\":\"b\"}\n",
    );
    assert_eq!(
        (heard.fragment, heard.is_over),
        (Some(FragmentKind::Content), false)
    );
    let heard = reader.bytes(
        3 * MS,
        br#"{"done":true,"prompt_eval_count":4,"eval_count":9,"eval_duration":1500000000}"#,
    );
    assert!(!heard.is_over, "the line is not over");
    let reply = reader.finish(4 * MS, StreamEnd::Eof);
    assert_eq!(
        (word(&reply), reply.text(), reply.reasoning()),
        ("ok", "ab", "hm")
    );
    assert_eq!((reply.tokens.prompt, reply.tokens.completion), (Some(4), 9));
    assert_eq!(reply.server.unwrap().completion_seconds, Some(1.5));
    assert_eq!((reply.events, reply.finish_reason()), (4, Some("stop")));
}

#[test]
fn gemini_has_thoughts_and_function_calls() {
    let events = [
        r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]},"index":0}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"a"},{"functionCall":{"name":"f","args":{}}}]},"index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1}}"#,
        r#"{"candidates":[{"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"thoughtsTokenCount":6}}"#,
    ];
    let reply = read(Api::Gemini, &events, StreamEnd::Eof);
    assert_eq!((word(&reply), reply.chunks, reply.done), ("ok", 2, true));
    assert_eq!(
        (reply.tokens.completion, reply.tokens.reasoning),
        (10, Some(6))
    );
    let blocked = r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#;
    assert_eq!(
        word(&read(Api::Gemini, &[blocked], StreamEnd::Eof)),
        "error_event"
    );
}
