//! What is kept of a benchmark, and what has to hold of it.

use rusqlite::Connection;

use super::{Target, llm};
use crate::support::ssel::Ssel;

#[test]
fn thresholds_decide_the_exit_code_and_are_shown_with_their_figures() {
    let run = |threshold: &str| {
        llm("target?ttft=10ms&itl=2ms&tokens=4")
            .args([
                "-n",
                "6",
                "--threshold",
                "mean(e2e)<60s",
                "--threshold",
                threshold,
            ])
            .said()
    };
    let said = run("p99(ttft)<60s").exits(0);
    assert!(
        said.stdout.contains("✓ 'p(99)<1m0s' p(99)="),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("✓ 'avg<1m0s' avg="), "{}", said.stdout);
    let said = run("p99(ttft)<1ms and max(tpot)<60s").exits(99);
    assert!(
        said.stdout.contains("✗ 'p(99)<1ms' p(99)="),
        "{}",
        said.stdout
    );
    let words = "thresholds on these metrics were crossed: llm_ttft";
    assert!(said.stderr.contains(words), "{}", said.stderr);
}

#[test]
fn the_printed_script_has_the_thresholds() {
    let ssel = llm("target").args(["-m", "m", "--emit-script", "--threshold", "p99(ttfo)<2s"]);
    let script = ssel.said().exits(0).stdout;
    assert!(script.contains("llm_ttfo = { \"p(99)<2s\" },"), "{script}");
}

#[test]
fn a_benchmark_is_saved_with_its_streams_and_labels() {
    let target = Target::start();
    let ssel = llm(&target.url("ttft=5ms&itl=2ms&tokens=5")).args([
        "-n",
        "6",
        "-c",
        "2",
        "--save",
        "run.ssel",
        "--label",
        "card=h100",
        "-o",
        "json=samples.json",
    ]);
    ssel.said().exits(0);
    let db = Connection::open(ssel.folder().join("run.ssel")).unwrap();
    let text = |sql: &str| {
        db.query_row(sql, [], |row| row.get::<_, String>(0))
            .unwrap()
    };
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(text("SELECT command FROM run"), "llm");
    assert_eq!(text("SELECT labels FROM run"), r#"{"card":"h100"}"#);
    assert!(text("SELECT name FROM run").starts_with("ssel at http://"));
    // The warm-up is not a part of the load, and is a stream like the others.
    let streams = "SELECT count(*) FROM streams WHERE source = 'llm' AND events = 5 AND completion_tokens = 5";
    assert!(number(streams) >= 6);
    let ttft = "SELECT count FROM totals JOIN series ON id = series WHERE metric = 'llm_ttft' AND tags = '{}'";
    assert_eq!(number(ttft), 6);
    let samples = std::fs::read_to_string(ssel.folder().join("samples.json")).unwrap();
    assert!(samples.contains("llm_ttft"));
}

#[test]
fn each_of_several_runs_has_its_own_file() {
    let ssel = llm("target?ttft=1ms&itl=1ms&tokens=2");
    let find = [
        "-n",
        "2",
        "--find-max-rate",
        "max(ttft)<1us",
        "--rate",
        "64",
    ];
    let find = ssel.args(find).args(["--save", "s.ssel"]);
    find.said().exits(99);
    for (file, load) in [
        ("s-1.ssel", "64 requests per second"),
        ("s-2.ssel", "32 requests per second"),
    ] {
        let db = Connection::open(find.folder().join(file)).unwrap();
        let labels: String = db
            .query_row("SELECT labels FROM run", [], |row| row.get(0))
            .unwrap();
        assert!(labels.contains(load), "{labels}");
    }
    let repeat = llm("target?ttft=1ms&itl=1ms&tokens=2");
    let repeat = repeat.args(["-n", "2", "--repeat", "2", "--save", "r.ssel"]);
    let said = repeat.said().exits(0);
    assert!(said.stderr.contains("run 2 of 2"), "{}", said.stderr);
    assert!(repeat.folder().join("r-2.ssel").exists());
}

#[test]
fn the_levels_of_a_sweep_are_saved_together() {
    let ssel = llm("target?ttft=1ms&itl=1ms&tokens=5");
    let sweep = ssel.args(["-n", "4", "--sweep", "concurrency=1,2", "--save", "s.ssel"]);
    let sweep = sweep.args(["--gpus", "2", "--price", "3.6", "--goodput", "tpot:20ms"]);
    sweep.said().exits(0);
    let db = Connection::open(sweep.folder().join("s.ssel")).unwrap();
    let requests = |tags: &str| -> f64 {
        let sql = "SELECT count FROM totals JOIN series ON id = series WHERE metric = 'llm_ttft' AND tags = ?";
        db.query_row(sql, [tags], |row| row.get(0)).unwrap()
    };
    assert_eq!(requests("{}"), 8.0);
    assert_eq!(requests(r#"{"load":"1 concurrent request"}"#), 4.0);
    assert_eq!(requests(r#"{"load":"2 concurrent requests"}"#), 4.0);
    let report = Ssel::new().args(["report", "--format", "html"]);
    let said = report
        .args([sweep.folder().join("s.ssel").display().to_string().as_str()])
        .said()
        .exits(0);
    for words in [
        "of one GPU against",
        "1 concurrent request",
        "$/M tokens",
        "Green: at least",
    ] {
        assert!(said.stdout.contains(words), "{words}");
    }
}
