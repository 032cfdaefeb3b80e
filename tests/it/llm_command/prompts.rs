//! What is asked: lengths, prefixes, conversations, images.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{EVENTS, Target, llm};
use crate::llm::canned::Canned;

/// The bodies of the next requests.
fn bodies(server: &Canned, requests: usize) -> Vec<Value> {
    let body = |_| {
        let request = server.request();
        serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
    };
    (0..requests).map(body).collect()
}

fn prompt(body: &Value) -> Vec<&str> {
    body["messages"][0]["content"]
        .as_str()
        .unwrap()
        .split(' ')
        .collect()
}

#[test]
fn a_warm_up_by_time_is_not_measured_and_has_its_own_prompts() {
    let server = Canned::events(&EVENTS);
    let flags = [
        "-m",
        "tiny",
        "--server-metrics",
        "none",
        "--input-len",
        "40",
    ];
    let ssel = llm(&server.url()).args(flags);
    let ssel = ssel.args(["-c", "3", "-n", "4", "--warmup", "500ms"]);
    let began = Instant::now();
    let said = ssel.said().exits(0);
    assert!(began.elapsed() >= Duration::from_millis(500));
    assert!(
        said.stdout.contains("4 succeeded, 0 failed"),
        "{}",
        said.stdout
    );
    let requests = server.requests();
    let body = |request: &String| serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1);
    let bodies: Vec<Value> = requests
        .iter()
        .map(|request| body(request).unwrap())
        .collect();
    let prompts: Vec<_> = bodies.iter().map(prompt).collect();
    // Each of the three sends one at least before the load.
    assert!(prompts.len() >= 3 + 4, "{}", prompts.len());
    let (warmup, load) = prompts.split_at(prompts.len() - 4);
    assert!(load.iter().all(|prompt| !warmup.contains(prompt)));
}

#[test]
fn groups_of_prompts_share_a_prefix() {
    let server = Canned::events(&EVENTS);
    let flags = [
        "-m",
        "tiny",
        "--server-metrics",
        "none",
        "--dataset",
        "prefix",
        "--prefix-len",
        "30",
        "--prefixes",
        "2",
        "--input-len",
        "5",
        "-n",
        "6",
        "-c",
        "1",
        "--warmup",
        "0",
    ];
    let said = llm(&server.url()).args(flags).said().exits(0);
    assert!(
        said.stderr
            .contains("random, 5 words after 2 shared prefixes of 30 words each"),
        "{}",
        said.stderr
    );
    let bodies = bodies(&server, 6);
    let prompts: Vec<_> = bodies.iter().map(prompt).collect();
    assert!(prompts.iter().all(|prompt| prompt.len() == 35));
    let prefixes: BTreeSet<_> = prompts.iter().map(|prompt| &prompt[..30]).collect();
    let own: BTreeSet<_> = prompts.iter().map(|prompt| &prompt[30..]).collect();
    assert_eq!((prefixes.len(), own.len()), (2, 6));
}

#[test]
fn the_cache_of_the_server_hits_only_the_prefixes() {
    let target = Target::start();
    let flags = [
        "--dataset",
        "prefix",
        "--prefix-len",
        "30",
        "--prefixes",
        "2",
        "--input-len",
        "5",
        "-n",
        "20",
        "-c",
        "1",
        "--warmup",
        "0",
        "--output-len",
        "2",
    ];
    let said = llm(&target.url("ttft=1ms&itl=1ms&cache=100000&block=10"))
        .args(flags)
        .said()
        .exits(0);
    // 20 prompts of 35 tokens, and all but the first of each group find their 30.
    assert!(
        said.stdout
            .contains("prompt tokens.......: 700, 540 (77%) from the server's cache"),
        "{}",
        said.stdout
    );
}

#[test]
fn lengths_are_drawn_from_their_distribution() {
    let server = Canned::events(&EVENTS);
    let ask = |input: &str, output: &str| {
        let flags = [
            "-m",
            "tiny",
            "--server-metrics",
            "none",
            "--input-len",
            input,
            "--output-len",
            output,
            "-n",
            "30",
            "-c",
            "1",
            "--warmup",
            "0",
        ];
        llm(&server.url())
            .file("lengths.csv", "length,count\n3,1\n7,1\n")
            .args(flags)
            .said()
            .exits(0);
        let bodies = bodies(&server, 30);
        let inputs: BTreeSet<usize> = bodies.iter().map(|body| prompt(body).len()).collect();
        let outputs: BTreeSet<u64> = bodies
            .iter()
            .map(|body| body["max_tokens"].as_u64().unwrap())
            .collect();
        (inputs, outputs)
    };
    let (inputs, outputs) = ask("10±20%", "histogram=lengths.csv");
    assert_eq!(inputs, (8..=12).collect());
    assert_eq!(outputs, [3, 7].into());
    let (inputs, outputs) = ask("100..102", "lognormal(50,200)");
    assert_eq!(inputs, (100..=102).collect());
    assert!(outputs.len() > 10, "{outputs:?}");
}

#[test]
fn prompts_have_the_length_that_the_server_counts() {
    let target = Target::start();
    let flags = [
        "--exact-len",
        "--input-len",
        "100",
        "-n",
        "3",
        "--output-len",
        "2",
    ];
    let said = llm(&target.url("ttft=1ms&itl=1ms"))
        .args(flags)
        .said()
        .exits(0);
    assert!(
        said.stdout.contains("prompt tokens.......: 300\n"),
        "{}",
        said.stdout
    );
    assert!(
        said.stderr.contains("random, 100 tokens; "),
        "{}",
        said.stderr
    );
    // A server that counts 7 tokens more than there are words, for its template.
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":47,"completion_tokens":1}}"#;
    let server = Canned::events(&[EVENTS[0], EVENTS[1], usage, EVENTS[2]]);
    let flags = [
        "-m",
        "tiny",
        "--server-metrics",
        "none",
        "--exact-len",
        "--input-len",
        "100",
        "-n",
        "2",
        "-c",
        "1",
        "--warmup",
        "0",
    ];
    llm(&server.url()).args(flags).said().exits(0);
    let requests: Vec<String> = (0..5).map(|_| server.request()).collect();
    assert!(
        requests[0].starts_with("POST /tokenize "),
        "{}",
        requests[0]
    );
    let body: Value = serde_json::from_str(requests[4].split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(prompt(&body).len(), 93);
}

#[cfg(not(feature = "tokenizer"))]
#[test]
fn a_build_without_tokenizers_explains_how_to_get_them() {
    let said = llm("target")
        .args(["--tokenizer", "tokenizer.json"])
        .said()
        .exits(104);
    assert!(
        said.stderr.contains("--features tokenizer") && said.stderr.contains("--exact-len"),
        "{}",
        said.stderr
    );
}

#[test]
fn conversations_send_all_earlier_messages() {
    let target = Target::start();
    let flags = [
        "--turns",
        "3",
        "--input-len",
        "10",
        "--output-len",
        "8",
        "-n",
        "4",
        "-c",
        "2",
        "--warmup",
        "0",
    ];
    let said = llm(&target.url("ttft=1ms&itl=1ms&cache=100000&block=1"))
        .args(flags)
        .said()
        .exits(0);
    assert!(
        said.stdout.contains("12 succeeded, 0 failed"),
        "{}",
        said.stdout
    );
    let rows: Vec<Vec<&str>> = said
        .stdout
        .lines()
        .skip_while(|line| !line.contains("turn    requests"))
        .skip(1)
        .map(|line| line.split_whitespace().collect())
        .take_while(|row: &Vec<&str>| !row.is_empty())
        .collect();
    // Questions of 10 tokens and answers of 8: 10, 28 and 46, of which all but the question was there before.
    let figures: Vec<[&str; 4]> = rows
        .iter()
        .map(|row| [row[0], row[1], row[5], row[6]])
        .collect();
    assert_eq!(
        figures,
        [
            ["1", "4", "10", "0.0"],
            ["2", "4", "28", "64.3"],
            ["3", "4", "46", "78.3"]
        ],
        "{}",
        said.stdout
    );
}

#[test]
fn conversations_of_a_file_are_sent_question_by_question() {
    let file = r#"[{"conversations":[{"from":"human","value":"one two three"},{"from":"gpt","value":"a b"},
        {"from":"human","value":"four"},{"from":"gpt","value":"c"}]}]"#;
    let server = Canned::events(&EVENTS);
    let flags = [
        "-m",
        "tiny",
        "--server-metrics",
        "none",
        "--dataset",
        "sharegpt=talk.json",
        "--seed",
        "1",
        "--turns",
        "all",
        "-n",
        "1",
        "-c",
        "1",
        "--warmup",
        "0",
    ];
    llm(&server.url())
        .file("talk.json", file)
        .args(flags)
        .said()
        .exits(0);
    let bodies = bodies(&server, 2);
    assert_eq!(bodies[0]["messages"][0]["content"], "one two three");
    let second = bodies[1]["messages"].as_array().unwrap();
    // The answer is the model's own, not that of the file.
    let said: Vec<_> = second
        .iter()
        .map(|message| {
            (
                message["role"].as_str().unwrap(),
                message["content"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("user", "one two three"),
            ("assistant", "hi"),
            ("user", "four")
        ]
    );
}

#[test]
fn every_request_has_the_images() {
    let server = Canned::events(&EVENTS);
    let flags = [
        "-m",
        "tiny",
        "--server-metrics",
        "none",
        "--image",
        "dot.png",
        "--image",
        "https://h/a.jpg",
        "-n",
        "1",
        "-c",
        "1",
        "--warmup",
        "0",
    ];
    llm(&server.url())
        .file("dot.png", b"\x89PNG\r\n")
        .args(flags)
        .said()
        .exits(0);
    let body = bodies(&server, 1).remove(0);
    let parts = body["messages"][0]["content"].as_array().unwrap();
    assert_eq!(parts[0]["type"], "text");
    assert_eq!(
        parts[1]["image_url"]["url"],
        "data:image/png;base64,iVBORw0K"
    );
    assert_eq!(parts[2]["image_url"]["url"], "https://h/a.jpg");
}

#[test]
fn invalid_parameters_are_errors() {
    for (flags, what) in [
        (
            &["--input-len", "lots"][..],
            "--input-len: \"lots\" is not a length: write a number of tokens, or a spread such as 512±20%",
        ),
        (
            &["--output-len", "histogram=none.csv"],
            "--output-len: cannot read none.csv",
        ),
        (
            &["--prefixes", "3"],
            "--prefixes: it belongs to --dataset prefix",
        ),
        (&["--turns", "many"], "--turns cannot be \"many\""),
        (
            &["--turns", "3", "--api", "completions"],
            "--turns: the API completions takes a prompt and no messages",
        ),
        (&["--think-time", "1s"], "--turns"),
        (
            &["--turns", "3", "--think-time", "3s..1s"],
            "use the shorter time first",
        ),
        (&["--image", "none.png", "-n", "1"], "cannot read none.png"),
        (
            &["--exact-len", "--dataset", "jsonl=a"],
            "--exact-len and --tokenizer apply to random prompts",
        ),
    ] {
        let said = llm("target").args(flags.iter().copied()).said();
        assert_ne!(said.code, Some(0), "{flags:?}");
        assert!(said.stderr.contains(what), "{flags:?}: {}", said.stderr);
    }
}
