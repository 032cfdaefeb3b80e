//! Stores that reject pushes, are slow or disappear; interrupted runs.

use std::process::Command;
use std::time::{Duration, Instant};

use super::{Receiver, number, points};
use crate::support::ssel::{Said, run, said};

/// The sum of a counter of one scenario in the last push.
fn total(requests: &[serde_json::Value], name: &str) -> f64 {
    let all = points(requests, name, "sum");
    all.last().map_or(0.0, |point| number(&point["asDouble"]))
}

const FEW: &str = "options = { iterations = 20 } function default() http.get(target.url('/')) end";

#[test]
fn a_rejection_by_the_store_is_reported_and_does_not_fail_the_run() {
    for (answer, words) in [
        ("reject:3", "dropped: too old"),
        ("400", "dropped: 400"),
        ("404", "dropped: 404"),
        ("500", "dropped: 500"),
    ] {
        let Some(receiver) = Receiver::start(0, &[answer]) else {
            return;
        };
        let said = told(FEW, &receiver.output(""));
        let said = said.exits(0);
        assert!(said.stderr.contains(words), "{answer}: {}", said.stderr);
    }
}

#[test]
fn a_push_that_the_store_postpones_is_repeated() {
    for status in ["429:1", "502", "503:0", "504"] {
        let Some(receiver) = Receiver::start(0, &[status, "ok"]) else {
            return;
        };
        let said = told(FEW, &receiver.output("")).exits(0);
        assert!(said.stderr.contains("1 retried"), "{}", said.stderr);
        assert!(!said.stderr.contains("dropped"), "{}", said.stderr);
        let requests = receiver.received();
        assert_eq!(requests.len(), 2);
        assert_eq!(total(&requests, "http_reqs"), 20.0);
    }
}

/// Runs a script without `--quiet`, so that it reports on its outputs.
fn told(script: &str, output: &str) -> Said {
    let ssel = run(script).instead_of("--quiet", "--no-summary");
    ssel.args(["-o", output]).said()
}

/// A run that continues until something ends it.
const LONG: &str = r#"
    options = { duration = "10m", vus = 2 }
    function default() http.get(target.url("/delay/10ms")) end
"#;

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_secs(50), "never {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_interrupted_run_pushes_its_last_frame() {
    let Some(receiver) = Receiver::start(0, &["ok"]) else {
        return;
    };
    let ssel = run(LONG).args([
        "-o",
        &receiver.output(",interval=1s"),
        "--summary-export",
        "summary.json",
    ]);
    let child = ssel.command().spawn().unwrap();
    wait_until("pushed", || receiver.count() >= 2);
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    said(child).exits(105);
    let text = std::fs::read_to_string(ssel.folder().join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    let count = summary["metrics"]["http_reqs"]["values"]["count"]
        .as_f64()
        .unwrap();
    assert_eq!(total(&receiver.received(), "http_reqs"), count);
}

#[test]
fn a_run_that_a_threshold_ends_pushes_its_last_frame() {
    let Some(receiver) = Receiver::start(0, &["ok"]) else {
        return;
    };
    let script = LONG.replace(
        "vus = 2",
        "vus = 2, thresholds = { http_reqs = { { threshold = \"count<1\", abort_on_fail = true } } }",
    );
    let summary = run(&script)
        .args(["-o", &receiver.output(",interval=1s")])
        .exported(99);
    assert_eq!(
        total(&receiver.received(), "http_reqs"),
        summary.count("http_reqs")
    );
}

#[test]
fn a_store_that_restarts_gets_all_data() {
    let Some(first) = Receiver::start(0, &["ok"]) else {
        return;
    };
    let port = first.port;
    let output = first.output(",interval=1s,temporality=delta");
    let ssel = run(LONG).args(["-o", &output, "--summary-export", "summary.json"]);
    let child = ssel.command().spawn().unwrap();
    wait_until("pushed", || first.count() >= 2);
    let mut requests = first.received();
    std::thread::sleep(Duration::from_millis(2500));
    let second = Receiver::start(port, &["ok"]).unwrap();
    wait_until("pushed again", || second.count() >= 3);
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    said(child).exits(105);
    requests.extend(second.received());
    let text = std::fs::read_to_string(ssel.folder().join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    let count = summary["metrics"]["http_reqs"]["values"]["count"]
        .as_f64()
        .unwrap();
    // The deltas would not add up if a push were lost or arrived twice.
    let all = points(&requests, "http_reqs", "sum");
    let sum: f64 = all.iter().map(|point| number(&point["asDouble"])).sum();
    assert_eq!(sum, count);
}

#[test]
fn an_unreachable_or_hanging_store_delays_nothing() {
    let said = told(FEW, "otlp=http://127.0.0.1:1").exits(0);
    assert!(said.stderr.contains("cannot push to "), "{}", said.stderr);
    assert!(
        said.stderr
            .contains("dropped: the store did not accept them"),
        "{}",
        said.stderr
    );
    let Some(receiver) = Receiver::start(0, &["hang"]) else {
        return;
    };
    let said = told(FEW, &receiver.output(",timeout=1s")).exits(0);
    assert!(
        said.stderr
            .contains("dropped: the store did not accept them"),
        "{}",
        said.stderr
    );
}
