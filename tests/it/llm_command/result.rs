use serde_json::Value;

use super::{EVENTS, Target, llm};
use crate::llm::canned::Canned;
use crate::support::golden::golden;

/// The table without what the speed of the machine decides: decimal figures are N, with one space before each.
fn filtered(text: &str) -> String {
    let word = |word: &str| {
        let digits = word.trim_end_matches(|c: char| c.is_alphabetic() || "/,".contains(c));
        match digits.parse::<f64>() {
            // Whether a time is shown in micro- or milliseconds depends on it.
            Ok(_) if digits.contains('.') || word.ends_with("ms") => {
                word.replacen(digits, "N", 1).replace("µs", "ms")
            }
            _ => word.to_owned(),
        }
    };
    let line = |line: &str| {
        let indent = &line[..line.len() - line.trim_start().len()];
        let words: Vec<String> = line.split_whitespace().map(word).collect();
        let line = format!("{indent}{}", words.join(" "));
        // How many tokens fall into one second depends on where it begins.
        match line.split_once("at most ") {
            Some((start, rest)) if rest.contains("second") => {
                format!("{start}at most N in a second")
            }
            _ => line,
        }
    };
    // A busy machine reads some replies late, and in bunches.
    let (text, verdict) = text.split_once("    client: ").unwrap();
    assert!(
        ["ok", "limited"]
            .iter()
            .any(|word| verdict.starts_with(word))
    );
    let lines = text.lines().filter(|line| !line.contains("in bunches"));
    let lines: Vec<String> = lines.map(line).collect();
    lines
        .join("\n")
        .replace("duration............: Nms", "duration............: Ns")
        .replace("Nµs of the TTFT here", "Nms of the TTFT here")
        + "\n    client: …"
}

#[test]
fn a_server_with_one_model_needs_only_a_number_of_requests() {
    let target = Target::start();
    let said = llm(&target.url("ttft=20ms&itl=5ms&tokens=8"))
        .args(["-n", "12", "-c", "3", "--goodput", "ttft:60s,e2e:60s"])
        .said()
        .exits(0);
    golden("llm_result", &filtered(&said.stdout));
    assert!(
        said.stderr.contains("ssel (the only one) at http://"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("3 concurrent requests, 12 requests"),
        "{}",
        said.stderr
    );
    let (table, _) = said.stdout.split_once("client: ").unwrap();
    assert!(table.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn the_built_in_target_is_available_by_name_in_every_api() {
    for (api, reasoning) in [
        ("chat", true),
        ("completions", false),
        ("responses", true),
        ("anthropic", true),
        ("ollama", true),
    ] {
        // So far apart that a busy machine does not read two tokens at once.
        let said = llm("target?reasoning=2&itl=50ms&tokens=3")
            .args(["-q", "-n", "2", "--api", api])
            .said()
            .exits(0);
        assert_eq!(said.stderr, "");
        assert!(
            said.stdout.contains(": 2 succeeded, 0 failed"),
            "{api}: {}",
            said.stdout
        );
        assert!(
            said.stdout.contains(": 10 (from the server's usage)"),
            "{api}: {}",
            said.stdout
        );
        assert_eq!(
            said.stdout.contains("TTFO"),
            reasoning,
            "{api}: {}",
            said.stdout
        );
    }
}

#[test]
fn failures_fail_the_command_only_if_nothing_succeeded() {
    let some = llm("target?fail=error-event&fail_rate=0.5&tokens=4")
        .args(["-n", "8", "--warmup", "0"])
        .said()
        .exits(0);
    let (ok, failed) = some
        .stdout
        .trim_start()
        .trim_start_matches("requests............: ")
        .split_once(" succeeded, ")
        .unwrap();
    let (ok, failed): (u64, u64) = (ok.parse().unwrap(), failed[..1].parse().unwrap());
    assert!(ok > 0 && failed > 0 && ok + failed == 8, "{}", some.stdout);
    let message = format!("✗ {failed} error_event: The engine failed, as requested.");
    assert!(some.stdout.contains(&message), "{}", some.stdout);

    let all = llm("target?fail=error-event")
        .args(["-n", "3", "--warmup", "0"])
        .said()
        .exits(1);
    assert!(
        all.stdout.contains("0 succeeded, 3 failed"),
        "{}",
        all.stdout
    );
    assert!(
        all.stderr.ends_with(
            "error: none of 3 requests succeeded: error_event: The engine failed, as requested.\n"
        ),
        "{}",
        all.stderr
    );
}

#[test]
fn at_a_rate_latencies_from_schedule_are_shown_and_excess_requests_are_dropped() {
    let said = llm("target?ttft=60s")
        .args([
            "--rate",
            "200",
            "--max-concurrency",
            "2",
            "-d",
            "1s",
            "--timeout",
            "10ms",
        ])
        .args(["--warmup", "0", "-m", "m"])
        .said()
        .exits(1);
    assert!(said.stdout.contains("timeout"), "{}", said.stdout);
    let said = llm("target?ttft=300ms&tokens=1")
        .args(["--rate", "100", "--max-concurrency", "2", "-d", "1s"])
        .said()
        .exits(0);
    for part in [
        "TTFT from schedule",
        "E2E from schedule",
        "were not sent: as many as --max-concurrency allows were in flight",
        "at most 2",
    ] {
        assert!(said.stdout.contains(part), "{part}: {}", said.stdout);
    }
    assert!(
        !said.stderr.contains("pre_allocated_vus"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_saved_result_has_the_schema_of_vllm() {
    let ssel = llm("target?ttft=10ms&itl=1ms&tokens=4").args([
        "-n",
        "5",
        "-c",
        "2",
        "-o",
        "vllm=out.json",
        "--save-detailed",
        "--percentiles",
        "50,99.9",
    ]);
    ssel.said().exits(0);
    let text = std::fs::read_to_string(ssel.folder().join("out.json")).unwrap();
    assert_eq!(text.lines().count(), 1);
    let saved: Value = serde_json::from_str(&text).unwrap();
    let golden: Value =
        serde_json::from_str(include_str!("../../../src/llm/vllm_json/golden.json")).unwrap();
    let keys = |value: &Value| -> Vec<String> {
        let of_percentiles = |key: &&String| {
            !key.starts_with('p') && !["gpu", "tool", "dataset"].contains(&key.as_str())
        };
        value
            .as_object()
            .unwrap()
            .keys()
            .filter(of_percentiles)
            .cloned()
            .collect()
    };
    let queue = |key: &String| key.contains("client_queue");
    let expected: Vec<String> = keys(&golden)
        .into_iter()
        .filter(|key| !queue(key))
        .collect();
    assert_eq!(keys(&saved), expected);

    assert_eq!(saved["model_id"], "ssel");
    assert_eq!(saved["backend"], "openai-chat");
    assert_eq!(
        (&saved["num_prompts"], &saved["completed"]),
        (&5.into(), &5.into())
    );
    assert_eq!(
        (&saved["request_rate"], &saved["max_concurrency"]),
        (&"inf".into(), &2.into())
    );
    assert_eq!(saved["output_lens"], serde_json::json!([4, 4, 4, 4, 4]));
    assert_eq!(saved["generated_texts"].as_array().unwrap().len(), 5);
    assert_ne!(saved["generated_texts"][0], "");
    assert!(saved["p99.9_ttft_ms"].as_f64().unwrap() >= 10.0, "{saved}");
    let date = saved["date"].as_str().unwrap();
    assert!(date.len() == 15 && date.as_bytes()[8] == b'-', "{date}");
}

#[test]
fn each_run_sends_new_prompts_unless_a_seed_is_given() {
    let prompts = |flags: &[&str]| {
        let mut prompts: Vec<String> = Vec::new();
        let server = Canned::events(&EVENTS);
        let mut llm = llm(&server.url());
        llm = llm.args(["-m", "m", "-n", "2", "-c", "1", "--warmup", "0"]);
        llm = llm.args(["--server-metrics", "none"]);
        let said = llm.args(flags.iter().copied()).said().exits(0);
        for _ in 0..2 {
            let request = server.request();
            let body = request.split("\r\n\r\n").nth(1).unwrap_or_default();
            let body = body.find('{').map_or("", |at| &body[at..]);
            let body: Value = serde_json::from_str(body).unwrap();
            prompts.push(body["messages"][0]["content"].as_str().unwrap().to_owned());
        }
        (prompts, said)
    };
    let (first, said) = prompts(&[]);
    assert!(
        said.stderr.contains("new in this run: --seed "),
        "{}",
        said.stderr
    );
    let (second, _) = prompts(&[]);
    assert_ne!(first, second);
    let seed = said.stderr.split("--seed ").nth(1).unwrap();
    let seed = seed.split_whitespace().next().unwrap();
    let (again, said) = prompts(&["--seed", seed]);
    assert_eq!(first, again);
    assert!(
        said.stdout
            .contains("--seed repeats the prompts of earlier runs"),
        "{}",
        said.stdout
    );
    // The length of prompts is not said by this server.
    assert!(said.stdout.contains("estimated: the server does not say"));
}

#[test]
fn several_servers_take_turns() {
    let (a, b) = (Target::start(), Target::start());
    let said = llm(&a.url("tokens=3&itl=30ms"))
        .args([&*b.url("tokens=3&itl=60ms"), "-n", "6", "-c", "1"])
        .args(["--session-header", "X-Session"])
        .said()
        .exits(0);
    let rows = said.stdout.lines().filter(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words
            .first()
            .is_some_and(|word| word.starts_with("http://"))
            && words[1..3] == ["3", "0"]
    });
    assert_eq!(rows.count(), 2, "{}", said.stdout);
    // The metrics of both servers are added.
    assert!(
        said.stdout
            .contains("server requests.....: 6, as counted here"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_cancelled_request_is_neither_a_failure_nor_a_success() {
    let target = Target::start();
    let said = llm(&target.url("ttft=10ms&itl=1s&tokens=100"))
        .args([
            "-n",
            "3",
            "--warmup",
            "0",
            "--cancel",
            "100%",
            "--cancel-after",
            "300ms",
        ])
        .args(["-o", "vllm=o.json"])
        .said();
    let text = &said.stdout;
    assert!(text.contains("0 succeeded, 0 failed"), "{text}");
    assert!(
        text.contains("3 were cancelled on purpose and not counted as failed"),
        "{text}"
    );
}

/// Twenty requests at twenty a second take a second, whatever the seed; without the scale, their rate would be between 13
/// and 38 for one seed in twenty.
#[test]
fn a_rate_with_a_number_of_requests_is_that_rate() {
    let target = Target::start();
    for seed in 0..4 {
        let said = llm(&target.url("tokens=1"))
            .args(["-r", "20", "-n", "20", "--seed", &seed.to_string()])
            .said()
            .exits(0);
        let line = said
            .stdout
            .lines()
            .find_map(|line| line.trim().strip_prefix("offered rate........: "));
        let line = line.unwrap_or_else(|| panic!("{}", said.stdout));
        let (rate, asked) = line.split_once(" requests/s, ").unwrap();
        assert_eq!(asked, "20/s requested");
        // Less only where this machine was late for the last of them.
        let rate: f64 = rate.parse().unwrap();
        assert!((4.0..=20.0).contains(&rate), "seed {seed}: {line}");
    }
}

#[test]
fn probe_requests_have_separate_figures() {
    let said = llm("target?ttft=20ms&itl=5ms&tokens=8")
        .args(["-c", "2", "-d", "2s", "--probe-rate", "10"])
        .said()
        .exits(0);
    let line = said
        .stdout
        .lines()
        .find(|line| line.contains("probe requests..."))
        .unwrap();
    assert!(line.contains(" requests: TTFT p50 "), "{line}");
    // Its replies of one token are not among those of the load, which have eight.
    let tokens = said
        .stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("output tokens.......: "));
    let tokens: u64 = tokens.unwrap().split(' ').next().unwrap().parse().unwrap();
    assert_eq!(tokens % 8, 0, "{}", said.stdout);
}

#[test]
fn a_failing_run_is_ended() {
    let said = llm("target?tokens=1&fail=status:503")
        .args(["-c", "1", "-d", "60s", "--warmup", "0", "--max-errors", "5"])
        .said()
        .exits(99);
    let words = "requests failed, more than --max-errors allows: status 503";
    assert!(said.stderr.contains(words), "{}", said.stderr);
}
