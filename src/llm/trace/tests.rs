use std::collections::BTreeSet;

use super::*;

const MOONCAKE: &str = r#"{"timestamp": 27482, "input_length": 1100, "output_length": 52, "hash_ids": [46, 47, 48]}
{"timestamp": 30535, "input_length": 1500, "output_length": 26, "hash_ids": [46, 47, 2353]}
{"timestamp": 30535, "input_length": 512, "output_length": 8, "hash_ids": [46]}
"#;

const BAILIAN: &str = r#"{"chat_id": 159, "parent_chat_id": -1, "timestamp": 61.114, "input_length": 33, "output_length": 10, "type": "text", "turn": 1, "hash_ids": [1, 2, 3]}
{"chat_id": 160, "parent_chat_id": -1, "timestamp": 61.5, "input_length": 16, "output_length": 10, "type": "text", "turn": 1, "hash_ids": [9]}
{"chat_id": 161, "parent_chat_id": 159, "timestamp": 62.114, "input_length": 48, "output_length": 10, "type": "text", "turn": 2, "hash_ids": [1, 2, 4]}
{"chat_id": 162, "parent_chat_id": 159, "timestamp": 62.5, "input_length": 48, "output_length": 10, "type": "text", "turn": 2, "hash_ids": [1, 2, 5]}
{"chat_id": 163, "parent_chat_id": 161, "timestamp": 63.114, "input_length": 64, "output_length": 10, "type": "text", "turn": 3, "hash_ids": [1, 2, 4, 6]}
"#;

const AZURE: &str = "TIMESTAMP,ContextTokens,GeneratedTokens\r\n\
                     2023-11-16 18:15:46.6805900,374,44\r\n\
                     2023-11-16 18:15:50.9951690,396,109\r\n\
                     2023-11-16 18:15:51.2224670,879,55\r\n";

const BURSTGPT: &str = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n\
                        5,ChatGPT,472,18,490,Conversation log\n\
                        45,ChatGPT,1087,230,1317,Conversation log\n\
                        118,GPT-4,417,0,417,Conversation log\n\
                        185,\"GPT-4\",1360,303,1663,API log\n";

fn read(text: &str, format: TraceFormat, limits: &ReplayLimits) -> Trace {
    Trace::read(text.as_bytes(), format, limits).unwrap()
}

fn millis(times: impl Iterator<Item = Duration>) -> Vec<u128> {
    times.map(|time| time.as_millis()).collect()
}

fn text(trace: &Trace, session: usize, turn: usize) -> String {
    match trace.request(session, turn).unwrap().input {
        Input::Prompt(text) => text,
        Input::Messages(_) => unreachable!("made up"),
    }
}

/// The number of words of the common prefix of two texts.
fn common(a: &str, b: &str) -> usize {
    a.split(' ')
        .zip(b.split(' '))
        .take_while(|(a, b)| a == b)
        .count()
}

#[test]
fn equal_hashes_have_equal_words() {
    let trace = read(MOONCAKE, TraceFormat::Mooncake, &ReplayLimits::default());
    assert_eq!(millis(trace.starts()), [0, 3053, 3053]);
    let [a, b, c] = [0, 1, 2].map(|session| text(&trace, session, 0));
    assert_eq!(
        [&a, &b, &c].map(|text| text.split(' ').count()),
        [1100, 1500, 512]
    );
    // Two blocks of 512 tokens, and possibly a word that is equal by chance.
    assert!((1024..1030).contains(&common(&a, &b)), "{}", common(&a, &b));
    assert_eq!(common(&a, &c), 512);
    // Block 46 is sent three times and block 47 twice.
    let shared = (1024.0 + 512.0) / (1100.0 + 1500.0 + 512.0);
    assert!((trace.shared() - shared).abs() < 1e-9, "{}", trace.shared());
    let request = trace.request(1, 0).unwrap();
    assert_eq!(
        (request.prompt_tokens, request.output_tokens),
        (1500, Some(26))
    );
    assert_eq!((trace.request(1, 1), trace.request(3, 0)), (None, None));
    let other = ReplayLimits {
        seed: 7,
        ..ReplayLimits::default()
    };
    assert_ne!(
        text(&read(MOONCAKE, TraceFormat::Mooncake, &other), 0, 0),
        a
    );
}

#[test]
fn turns_of_a_conversation_are_one_session() {
    let trace = read(BAILIAN, TraceFormat::Bailian, &ReplayLimits::default());
    // The second answer to chat 159 begins a new session.
    assert_eq!(millis(trace.starts()), [0, 386, 1386]);
    let due = |session, turn| trace.due(session, turn);
    assert_eq!(due(0, 0), Some(Due::At(Duration::ZERO)));
    assert_eq!(due(0, 1), Some(Due::At(Duration::from_secs(1))));
    assert_eq!(due(0, 2), Some(Due::At(Duration::from_secs(2))));
    assert_eq!((due(0, 3), due(1, 1), due(2, 1)), (None, None, None));
    assert_eq!(common(&text(&trace, 0, 0), &text(&trace, 0, 1)), 32);
    assert_eq!(common(&text(&trace, 0, 1), &text(&trace, 0, 2)), 48);
}

#[test]
fn sessions_without_times_follow_the_answer() {
    let lines = r#"{"timestamp": 100, "session_id": "a", "input_length": 3, "output_length": 5}
{"timestamp": 0, "session_id": 7, "text_input": "hello there you", "output_length": 5}
{"delay": 500, "session_id": "a", "input_length": 3, "output_length": 5}
{"delay": 50, "session_id": "a", "messages": [{"role": "user", "content": "hi"}], "output_length": 5}
"#;
    let error = Trace::read(
        lines.as_bytes(),
        TraceFormat::Mooncake,
        &ReplayLimits::default(),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2: comes before the first line of the file: sort the file by time"
    );
    let sorted = lines.replace("\"timestamp\": 0,", "\"timestamp\": 100,");
    let fast = ReplayLimits {
        speed: 2.0,
        ..ReplayLimits::default()
    };
    let trace = read(&sorted, TraceFormat::Mooncake, &fast);
    assert_eq!(millis(trace.starts()), [0, 0]);
    assert_eq!(
        trace.due(0, 1),
        Some(Due::After(Duration::from_millis(250)))
    );
    assert_eq!(text(&trace, 1, 0), "hello there you");
    assert!(
        matches!(trace.request(0, 2).unwrap().input, Input::Messages(messages) if messages.len() == 1)
    );
    assert_ne!(text(&trace, 0, 0), text(&trace, 0, 1));
}

#[test]
fn tables_have_times_and_lengths() {
    let trace = read(AZURE, TraceFormat::Azure, &ReplayLimits::default());
    let starts: Vec<f64> = trace.starts().map(|start| start.as_secs_f64()).collect();
    for (start, expected) in starts.iter().zip([0.0, 4.314_579, 4.541_877]) {
        assert!((start - expected).abs() < 1e-6, "{starts:?}");
    }
    assert_eq!(trace.tokens(), (374 + 396 + 879, 44 + 109 + 55));
    let texts: BTreeSet<String> = (0..3).map(|n| text(&trace, n, 0)).collect();
    assert_eq!(texts.len(), 3);
    let trace = read(BURSTGPT, TraceFormat::BurstGpt, &ReplayLimits::default());
    assert_eq!(millis(trace.starts()), [0, 40_000, 180_000]);
    assert_eq!((trace.skipped, trace.shared()), (1, 0.0));
    let sessions = "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n\
                    0,s1,3.5,ChatGPT,10.0,5,15,x\n1,,1,ChatGPT,10,5,15,x\n9,s1,3.5,ChatGPT,20,5,25,x\n";
    let trace = read(sessions, TraceFormat::BurstGpt, &ReplayLimits::default());
    assert_eq!((millis(trace.starts()), trace.len()), (vec![0, 1000], 3));
}

#[test]
fn limits_cut_the_trace_and_are_reported() {
    let read = |requests, seconds: Option<u64>, speed| {
        let duration = seconds.map(Duration::from_secs);
        read(
            BURSTGPT,
            TraceFormat::BurstGpt,
            &ReplayLimits {
                speed,
                requests,
                duration,
                ..ReplayLimits::default()
            },
        )
    };
    let all = read(None, None, 1.0);
    assert_eq!(
        (all.len(), all.is_cut, all.span()),
        (3, false, Duration::from_mins(3))
    );
    let two = read(Some(2), None, 1.0);
    assert_eq!((two.len(), two.is_cut), (2, true));
    let early = read(None, Some(40), 1.0);
    assert_eq!((early.len(), early.is_cut), (1, true));
    let fast = read(None, Some(40), 10.0);
    assert_eq!(
        (millis(fast.starts()), fast.is_cut),
        (vec![0, 4000, 18_000], false)
    );
    // The rest is the same, whatever is cut.
    assert_eq!(text(&two, 1, 0), text(&all, 1, 0));
}

#[test]
fn a_mistake_names_its_line_and_the_remedy() {
    let table = [
        (
            TraceFormat::Mooncake,
            "{\"timestamp\": 0",
            "line 1: EOF while parsing an object; a line is a JSON object such as {\"timestamp\": 1000,",
        ),
        (
            TraceFormat::Mooncake,
            "\n{\"timestamp\": 0, \"output_length\": 3}",
            "line 2: has no input_length; a line is",
        ),
        (
            TraceFormat::Mooncake,
            "{\"input_length\": 3, \"output_length\": 3}",
            "line 1: has no timestamp: a request needs one, or a delay",
        ),
        (
            TraceFormat::Mooncake,
            "{\"timestamp\": 0, \"input_length\": 40, \"output_length\": 3, \"hash_ids\": [1, 2, 3]}",
            "line 1: 3 hash_ids of 512 tokens each are more than an input of 40 tokens takes: give the size of a block with block_size",
        ),
        (
            TraceFormat::Bailian,
            "{\"timestamp\": 0, \"input_length\": 1000, \"output_length\": 3, \"hash_ids\": [1, 2]}",
            "the hash_ids stand for blocks of about 512 tokens and not of 16: give the size of a block with block_size",
        ),
        (
            TraceFormat::Azure,
            "Time,ContextTokens,GeneratedTokens\n",
            "line 1: there is no column \"TIMESTAMP\"; the first line of a azure trace names",
        ),
        (
            TraceFormat::Azure,
            "TIMESTAMP,ContextTokens,GeneratedTokens\nnoon,1,1\n",
            "line 2: \"noon\" is not a time such as 2023-11-16 18:15:46.6805900",
        ),
        (
            TraceFormat::BurstGpt,
            "Timestamp,Model,Request tokens,Response tokens\n1,x,,3\n",
            "line 2: \"\" is not a number of tokens",
        ),
        (
            TraceFormat::BurstGpt,
            "Timestamp,Model,Request tokens,Response tokens\n1,x,7,0\n",
            "none of the 1 requests of the trace has an answer",
        ),
        (TraceFormat::BurstGpt, "", "the trace has no request"),
    ];
    for (format, text, message) in table {
        let error = Trace::read(text.as_bytes(), format, &ReplayLimits::default()).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
    }
}
