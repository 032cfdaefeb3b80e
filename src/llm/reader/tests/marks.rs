//! The times of the parts of a stream.

use std::time::Duration;

use super::super::super::Marks;
use super::{Api, DONE, KEEP, MS, Reader, Reply, STOP, StreamEnd, chat, delta, read, word};

#[test]
fn each_time_has_its_own_field() {
    let mut reader = Reader::new(Api::ChatCompletions, KEEP);
    let events = [
        (20, r#"{"id":"gateway"}"#.to_owned()),
        (30, delta(r#"{"role":"assistant","content":null}"#)),
        (40, delta(r#"{"role":"assistant","content":""}"#)),
        (50, delta(r#"{"reasoning":"hm"}"#)),
        (60, delta(r#"{"content":"a"}"#)),
        (65, delta(r#"{"content":""}"#)),
        (80, delta(r#"{"content":"b"}"#)),
        (90, STOP.to_owned()),
        (
            95,
            r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#.to_owned(),
        ),
        (99, DONE.to_owned()),
    ];
    reader.first_byte(9 * MS);
    reader.first_byte(10 * MS);
    reader.comment();
    for (at, data) in &events {
        reader.event(*at * MS, b"", data.as_bytes());
    }
    let reply = reader.finish(120 * MS, StreamEnd::Eof);
    assert_eq!(
        reply.marks,
        Marks {
            first_byte: Some(9 * MS),
            first_event: Some(20 * MS),
            first_chunk: Some(30 * MS),
            first_fragment: Some(50 * MS),
            first_output: Some(60 * MS),
            last_fragment: Some(80 * MS),
            done: Some(99 * MS),
            end: 120 * MS,
        }
    );
    assert_eq!(reply.ttft(), Some(50 * MS));
    assert_eq!(reply.ttfo(), Some(60 * MS));
    assert_eq!(reply.e2e(), Some(80 * MS));
    assert_eq!(reply.tpot(), Some(10 * MS));
    assert_eq!(reply.tokens_per_second(), Some(50.0));
    assert_eq!(reply.gaps, [0.01, 0.02]);
    assert_eq!((reply.chunks, reply.events, reply.comments), (3, 10, 1));
}

#[test]
fn a_late_usage_chunk_does_not_extend_the_latency() {
    let mut reader = Reader::new(Api::ChatCompletions, KEEP);
    reader.event(10 * MS, b"", delta(r#"{"content":"a"}"#).as_bytes());
    reader.event(20 * MS, b"", STOP.as_bytes());
    reader.event(
        1020 * MS,
        b"",
        br#"{"choices":[],"usage":{"completion_tokens":1}}"#,
    );
    reader.event(1021 * MS, b"", DONE.as_bytes());
    let reply = reader.finish(1022 * MS, StreamEnd::Eof);
    assert_eq!(reply.e2e(), Some(10 * MS));
}

#[test]
fn a_reply_without_two_tokens_in_two_chunks_has_no_tpot() {
    let usage = |n: u64| format!(r#"{{"choices":[],"usage":{{"completion_tokens":{n}}}}}"#);
    let (a, b) = (delta(r#"{"content":"a"}"#), delta(r#"{"content":"b"}"#));
    let none = chat(&[STOP, &usage(1), DONE]);
    assert_eq!((word(&none), none.is_empty()), ("ok", true));
    assert_eq!((none.ttft(), none.tpot(), none.e2e()), (None, None, None));
    assert_eq!(none.tokens_per_second(), None);
    assert_eq!(none.tokens.completion, 1);

    let one = chat(&[&a, STOP, &usage(1), DONE]);
    assert_eq!((one.tpot(), one.is_empty()), (None, false));
    // All tokens in one chunk: the time between them is unknown.
    assert_eq!(chat(&[&a, STOP, &usage(50), DONE]).tpot(), None);
    // Two chunks of one token: half a character each.
    assert_eq!(chat(&[&a, &b, STOP, &usage(1), DONE]).tpot(), None);
    assert_eq!(chat(&[&a, &b, STOP, &usage(3), DONE]).tpot(), Some(5 * MS));
    // The server did not count the tokens, so chunks are counted.
    assert_eq!(chat(&[&a, &b, STOP, DONE]).tpot(), Some(10 * MS));
}

#[test]
fn gaps_are_those_of_one_choice() {
    let chunk = |index: u64, text: &str| {
        format!(r#"{{"choices":[{{"index":{index},"delta":{{"content":"{text}"}}}}]}}"#)
    };
    let reply = chat(&[
        &chunk(0, "a"),
        &chunk(1, "x"),
        &chunk(0, "b"),
        &chunk(1, "y"),
    ]);
    assert_eq!(reply.gaps, [0.02, 0.02]);
    assert_eq!(reply.chunks, 4);
    assert_eq!(
        (&*reply.choices[0].text, &*reply.choices[1].text),
        ("ab", "xy")
    );
}

#[test]
fn an_event_is_one_chunk_of_a_choice() {
    let both = delta(r#"{"reasoning":"a","content":"b"}"#);
    let reply = chat(&[&both, &both, STOP, DONE]);
    assert_eq!((reply.chunks, &*reply.gaps), (2, &[0.01][..]));
    assert_eq!((reply.text(), reply.reasoning()), ("bb", "aa"));

    let two = r#"{"choices":[{"index":0,"text":"a"},{"index":1,"text":"b"}]}"#;
    let reply = read(Api::Completions, &[two, two], StreamEnd::Eof);
    assert_eq!((reply.chunks, reply.gaps.len()), (4, 2));
}

#[test]
fn usage_in_every_chunk_includes_tokens_without_text() {
    let chunk = |text: &str, tokens: u64| {
        format!(
            r#"{{"choices":[{{"index":0,"delta":{{"content":"{text}"}}}}],"usage":{{"completion_tokens":{tokens}}}}}"#
        )
    };
    let events = [
        chunk("", 0),
        chunk("a", 1),
        chunk("", 2),
        chunk("b", 3),
        chunk("cd", 7),
    ];
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    let reply = chat(&events);
    assert_eq!(
        (reply.tokens.completion, reply.tokens.source.as_str()),
        (7, "chunk_usage")
    );
}

#[test]
fn a_reader_starts_anew_for_each_reply() {
    let mut reader = Reader::new(Api::ChatCompletions, KEEP);
    let events = [
        delta(r#"{"content":"a"}"#),
        delta(r#"{"content":"b"}"#),
        STOP.into(),
        DONE.into(),
    ];
    let mut replies = Vec::new();
    for recycled in [false, true, true] {
        for (data, at) in events.iter().zip(1..) {
            reader.event(at * MS, b"", data.as_bytes());
        }
        let reply = reader.finish(9 * MS, StreamEnd::Eof);
        if recycled {
            reader.recycle(reply.clone());
        }
        replies.push(reply);
    }
    assert_eq!(replies[0], replies[1]);
    assert_eq!(replies[0], replies[2]);
    let nothing = reader.finish(Duration::ZERO, StreamEnd::Eof);
    assert_eq!(
        (nothing.chunks, nothing.events, nothing.choices.len()),
        (0, 0, 0)
    );
}

/// A reply whose chunks come in reads of these sizes, each 100 ms after the previous one. Reads with a negative size were
/// already waiting, so they follow after 1 ms.
fn in_reads(reads: &[i32]) -> Reply {
    let mut reader = Reader::new(Api::ChatCompletions, KEEP);
    let mut at = Duration::ZERO;
    for chunks in reads {
        reader.behind(*chunks < 0);
        at += if *chunks < 0 { MS } else { 100 * MS };
        for _ in 0..chunks.abs() {
            reader.event(at, b"", delta(r#"{"content":"a"}"#).as_bytes());
        }
    }
    reader.event(at, b"", STOP.as_bytes());
    reader.event(at, b"", DONE.as_bytes());
    reader.finish(at, StreamEnd::Eof)
}

#[test]
fn a_reply_with_many_chunks_in_the_first_read_has_no_tpot() {
    for (reads, is_bunched) in [
        (&[1, 1, 1][..], false),
        // All chunks together, in one read or in two without a wait between them.
        (&[40], true),
        (&[20, -20], true),
        (&[39, 1], true),
        // 1 gap of 10 is within the first read, 1 of 9 is.
        (&[2, 9], false),
        (&[2, 8], true),
        // Later reads that are late do not shorten the span.
        (&[1, 39], false),
    ] {
        let reply = in_reads(reads);
        assert_eq!(reply.is_bunched(), is_bunched, "{reads:?}");
        assert_eq!(reply.tpot().is_none(), is_bunched, "{reads:?}");
        assert!(reply.ttft().is_some() && reply.e2e().is_some());
    }
    // A reply of one token or none does not count as bunched.
    assert!(!in_reads(&[1]).is_bunched() && !in_reads(&[]).is_bunched());
}

#[test]
fn several_tokens_in_the_only_chunk_are_a_bunch() {
    let usage = r#"{"choices":[],"usage":{"completion_tokens":40}}"#;
    let one = delta(r#"{"content":"a whole answer"}"#);
    let reply = chat(&[&one, STOP, usage, DONE]);
    assert!(reply.is_bunched() && reply.tpot().is_none());
}

#[test]
fn concurrent_choices_have_the_tpot_of_each() {
    let mut reader = Reader::new(Api::ChatCompletions, KEEP);
    // Two choices of 3 tokens, one token per 100 ms each.
    for at in [100, 200, 300] {
        for index in [0, 1] {
            let chunk = format!(
                r#"{{"choices":[{{"index":{index},"delta":{{"content":"a"}},"finish_reason":"stop"}}]}}"#
            );
            reader.event((at + 10 * index) * MS, b"", chunk.as_bytes());
        }
    }
    reader.event(310 * MS, b"", DONE.as_bytes());
    let reply = reader.finish(310 * MS, StreamEnd::Eof);
    assert_eq!(reply.tokens.completion, 6);
    assert_eq!(reply.tpot(), Some(100 * MS));
}
