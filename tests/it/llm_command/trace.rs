//! A trace is replayed: requests when they came, with their prefixes, in the order of their conversations.

use std::collections::BTreeMap;

use super::{EVENTS, Target, llm};
use crate::llm::canned::Canned;
use crate::support::ssel::{Said, Ssel};

const MOONCAKE: &str = r#"{"timestamp": 0, "input_length": 40, "output_length": 3, "hash_ids": [7, 8]}
{"timestamp": 100, "input_length": 48, "output_length": 4, "hash_ids": [7, 9]}
{"timestamp": 200, "input_length": 20, "output_length": 5, "hash_ids": [8]}
"#;

fn replay(server: &str, name: &str, content: &str, flags: &[&str]) -> Said {
    let trace = format!("{name}=trace.txt");
    llm(server)
        .file("trace.txt", content)
        .args(["--trace", &trace, "-m", "tiny", "--server-metrics", "none"])
        .args(flags.iter().copied())
        .said()
}

/// Prompt and `max_tokens` of each request to the server, in their order.
fn asked(server: &Canned, requests: usize) -> Vec<(String, u64, bool)> {
    let body = |_| {
        let request = server.request();
        let body: serde_json::Value =
            serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        (
            body["messages"][0]["content"].as_str().unwrap().to_owned(),
            body["max_tokens"].as_u64().unwrap(),
            body["ignore_eos"] == true,
        )
    };
    (0..requests).map(body).collect()
}

fn words(text: &str) -> Vec<&str> {
    text.split(' ').collect()
}

#[test]
fn requests_have_the_lengths_and_prefixes_of_the_trace() {
    let server = Canned::events(&EVENTS);
    let flags = ["--trace-block-size", "32", "--seed", "1"];
    let said = replay(&server.url(), "mooncake", MOONCAKE, &flags).exits(0);
    assert!(
        said.stdout.contains("3 succeeded, 0 failed"),
        "{}",
        said.stdout
    );
    assert!(
        said.stdout.contains("lateness............: p50 "),
        "{}",
        said.stdout
    );
    assert!(said.stderr.contains("mooncake trace trace.txt: 3 requests over 200ms; 108 prompt tokens (29.6 % of them shared) and 12 output tokens"), "{}", said.stderr);
    let mut asked = asked(&server, 4);
    // The first is the warm-up, and none of the trace. Of the others, one can overtake another on a busy machine.
    asked[1..].sort_by_key(|request| request.1);
    let [_, a, b, c] = asked.as_slice() else {
        panic!()
    };
    assert_eq!([a.1, b.1, c.1], [3, 4, 5]);
    assert!(a.2 && b.2 && c.2, "lengths are those of the trace");
    let [a, b, c] = [&a.0, &b.0, &c.0].map(|text| words(text));
    assert_eq!([a.len(), b.len(), c.len()], [40, 48, 20]);
    assert_eq!(a[..32], b[..32]);
    assert_ne!(a[32..40], b[32..40]);
    assert_eq!(a[32..40], c[..8]);
}

#[test]
fn limits_cut_the_trace_and_the_rest_is_unchanged() {
    let server = Canned::events(&EVENTS);
    let flags = [
        "--trace-block-size",
        "32",
        "--seed",
        "1",
        "-n",
        "2",
        "--warmup",
        "0",
        "--trace-speed",
        "10",
    ];
    let said = replay(&server.url(), "mooncake", MOONCAKE, &flags).exits(0);
    assert!(
        said.stderr
            .contains("2 requests (the trace has more) over 10ms"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("10 times as fast as in the trace"),
        "{}",
        said.stderr
    );
    let cut = asked(&server, 2);
    replay(
        &server.url(),
        "mooncake",
        MOONCAKE,
        &["--trace-block-size", "32", "--seed", "1", "--warmup", "0"],
    )
    .exits(0);
    assert_eq!(asked(&server, 3)[..2], cut);
}

/// The start and end of each request, by the words of its prompt, as the target saw them.
fn spans(said: &Said) -> BTreeMap<u64, (f64, f64)> {
    let lines = said.stdout.lines().filter(|line| line.starts_with("span "));
    let span = |line: &str| {
        let mut fields = line
            .split(' ')
            .skip(1)
            .map(|field| field.parse::<f64>().unwrap());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small whole number"
        )]
        let words = fields.next().unwrap() as u64;
        (words, (fields.next().unwrap(), fields.next().unwrap()))
    };
    lines.map(span).collect()
}

#[test]
fn a_turn_waits_for_the_previous_answer() {
    // Two conversations. The answers take 300 ms and more, and the trace has the second turns after 10 ms.
    let trace = r#"{"chat_id": 1, "parent_chat_id": -1, "timestamp": 5.0, "input_length": 10, "output_length": 2, "hash_ids": [1]}
{"chat_id": 2, "parent_chat_id": -1, "timestamp": 5.0, "input_length": 11, "output_length": 2, "hash_ids": [2]}
{"chat_id": 3, "parent_chat_id": 1, "timestamp": 5.01, "input_length": 12, "output_length": 2, "hash_ids": [1]}
{"chat_id": 4, "parent_chat_id": 2, "timestamp": 5.01, "input_length": 13, "output_length": 2, "hash_ids": [2]}
"#;
    let script = "local trace = llm.trace{ bailian = 'trace.jsonl' }
        options = { scenarios = { a = { executor = 'replay', data = trace.starts, pre_allocated_vus = 3 } } }
        function default()
          for p, delay in trace:session(exec.scenario.start_in_test) do
            local start = now()
            llm.chat{ url = target.url('/v1?ttft=300ms&itl=1ms&tokens=2'), prompt = p.prompt, max_tokens = p.max_tokens,
              schedule_delay = delay }
            print(('span %d %f %f'):format(p.prompt_tokens, start, now()))
          end
        end";
    let said = Ssel::new()
        .file("trace.jsonl", trace)
        .file("a.lua", script)
        .args(["run", "a.lua"])
        .said()
        .exits(0);
    let spans = spans(&said);
    for (turn, next) in [(10, 12), (11, 13)] {
        assert!(spans[&next].0 >= spans[&turn].1, "{spans:?}");
    }
    // The conversations go on beside each other.
    assert!(
        spans[&11].0 < spans[&10].1 && spans[&10].0 < spans[&11].1,
        "{spans:?}"
    );
    // Two turns are as late as the answers before them.
    assert_eq!(said.count("llm_requests"), 4);
}

#[test]
fn a_load_that_deviates_from_its_trace_is_degraded() {
    let target = Target::start();
    let lines = |n: u32| -> String {
        let lines: Vec<String> = (0..n)
            .map(|i| format!("{{\"chat_id\": {}, \"parent_chat_id\": {}, \"timestamp\": 0, \"input_length\": 10, \"output_length\": 2}}\n", i + 1, i64::from(i) - i64::from(i == 0)))
            .collect();
        lines.concat()
    };
    let url = target.url("ttft=300ms&itl=1ms&tokens=2");
    let said = replay(&url, "bailian", &lines(4), &[]).exits(0);
    assert!(said.stdout.contains("4 succeeded"), "{}", said.stdout);
    assert!(
        said.stdout
            .contains("- degraded: this load is no longer that of the trace"),
        "{}",
        said.stdout
    );
    let said = replay(&url, "bailian", &lines(1), &[]).exits(0);
    assert!(!said.stdout.contains("degraded"), "{}", said.stdout);
}

#[test]
fn dropped_requests_are_counted() {
    let target = Target::start();
    let trace = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n".to_owned()
        + &"0,GPT-4,10,2,12,API log\n".repeat(5);
    let url = target.url("ttft=1500ms&itl=1ms&tokens=2");
    let said = replay(&url, "burstgpt", &trace, &["--max-concurrency", "2"]).exits(0);
    assert!(said.stdout.contains("2 succeeded"), "{}", said.stdout);
    assert!(
        said.stdout
            .contains("- 3 were not sent: as many as --max-concurrency allows were in flight"),
        "{}",
        said.stdout
    );
}

#[test]
fn an_invalid_trace_is_an_error_with_location_and_remedy() {
    let fails = |flags: &[&str], what: &str| {
        let said = llm("target")
            .file("trace.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\nnoon,1,1\n")
            .file("trace.jsonl", "{\"timestamp\": 0, \"input_length\": 40, \"output_length\": 3, \"hash_ids\": [1, 2]}\n")
            .args(flags.iter().copied())
            .said()
            .exits(104);
        assert!(said.stderr.contains(what), "{}", said.stderr);
    };
    fails(
        &["--trace", "azure=trace.csv"],
        "trace.csv: line 2: \"noon\" is not a time such as 2023-11-16 18:15:46.6805900",
    );
    fails(
        &["--trace", "mooncake=trace.jsonl"],
        "give the size of a block with --trace-block-size",
    );
    fails(
        &["--trace", "mooncake=none.jsonl"],
        "cannot read the trace none.jsonl",
    );
    fails(
        &["--trace", "trace.jsonl"],
        "use one of mooncake=FILE, bailian=FILE, azure=FILE, burstgpt=FILE",
    );
    fails(
        &["--trace", "azure=trace.csv", "--trace-speed", "0"],
        "--trace-speed cannot be \"0\"",
    );
    fails(
        &["--trace", "azure=trace.csv", "--rate", "3"],
        "cannot be used with",
    );
}
