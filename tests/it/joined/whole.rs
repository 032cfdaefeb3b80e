//! A run of several parts is one run.

use std::time::Duration;

use super::*;
use crate::pushes::store::{OK, Store};
use crate::support::schema::violations;
use crate::support::ssel::project;

#[test]
fn four_processes_make_one_run_with_one_result() {
    let server = server(Duration::from_millis(5));
    let arguments = [
        "--vus",
        "8",
        "--duration",
        "3s",
        "--save",
        "part-{part}.ssel",
        "--summary-trend-stats",
        "avg,min,med,max,count,p(75),p(90),p(99),p(99.9)",
    ];
    let team = Team::start(4, SCRIPT, &server, &arguments);
    let mut all = team.said();
    let codes: Vec<_> = all.iter().map(|(said, _)| said.code).collect();
    assert_eq!(
        codes,
        [Some(0); 4],
        "{all:#?}",
        all = all.iter().map(|(said, _)| said).collect::<Vec<_>>()
    );

    let merged = tempfile::tempdir().unwrap();
    for (number, (_, folder)) in all.iter().enumerate() {
        let name = format!("part-{number}.ssel");
        std::fs::copy(folder.folder().join(&name), merged.path().join(&name)).unwrap();
    }
    let (first, folder) = all.remove(0);
    // Functions that run once ran on part 0.
    assert_eq!(first.printed(), "setup ran\nteardown ran", "{first:?}");
    let result = summary(&folder);
    let schema = std::fs::read_to_string(project("docs/summary.schema.json")).unwrap();
    let schema = serde_json::from_str(&schema).unwrap();
    assert_eq!(violations(&schema, &result), Vec::<String>::new());
    assert_eq!(count(&result, "http_reqs"), server.requests());
    assert_eq!(count(&result, "sse_event"), server.events());
    assert_eq!(result["iterations_complete"], server.requests());
    assert_eq!(result["vus"], 8);
    assert_eq!(result["metrics"]["vus"]["values"]["max"], 8.0);
    let checks = result["checks"].as_array().unwrap();
    assert!(
        checks
            .iter()
            .all(|check| check["passes"] == server.requests() && check["fails"] == 0)
    );

    let parts = result["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 4);
    let sum: u64 = parts
        .iter()
        .map(|part| part["iterations"].as_u64().unwrap())
        .sum();
    assert_eq!(sum, server.requests());
    assert!(
        parts
            .iter()
            .all(|part| part["end"] == "ended" && part["vus"] == 2)
    );
    assert!(result["start_skew"].as_f64().is_some());
    assert!(first.stdout.contains("PARTS"), "{first:?}");

    for (said, other) in &all {
        assert_eq!(said.stdout, "", "{said:?}");
        assert!(!other.folder().join("summary.json").exists());
    }

    // The same with files.
    let names: Vec<String> = (0..4).map(|n| format!("part-{n}.ssel")).collect();
    let merge = Ssel::new();
    for name in &names {
        std::fs::copy(merged.path().join(name), merge.folder().join(name)).unwrap();
    }
    let names = names.iter().map(String::as_str);
    let merge = merge
        .args(["merge", "--quiet"])
        .args(names)
        .args(["-o", "all.ssel"]);
    merge.said().exits(0);
    let report = Ssel::new();
    std::fs::copy(
        merge.folder().join("all.ssel"),
        report.folder().join("all.ssel"),
    )
    .unwrap();
    let said = report
        .args(["report", "-f", "json", "all.ssel"])
        .said()
        .exits(0);
    let by_files: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    for metric in [
        "sse_event_gap",
        "http_req_duration",
        "iteration_duration",
        "sse_first_event",
    ] {
        let values = |summary: &serde_json::Value| summary["metrics"][metric]["values"].clone();
        let (joined, filed) = (values(&result), values(&by_files));
        for (figure, value) in joined.as_object().unwrap() {
            let (a, b) = (value.as_f64().unwrap(), filed[figure].as_f64().unwrap());
            // A saved run keeps a few samples exactly; a joined run has a histogram of them.
            let within = match figure.as_str() {
                "count" | "sum" | "min" | "max" | "avg" => 1e-9,
                _ => 1e-3,
            };
            let is_same = figure == "relative_error" || (a - b).abs() <= within * a.abs().max(1e-9);
            assert!(is_same, "{metric} {figure}: {a} joined, {b} merged");
        }
    }
}

#[test]
fn the_record_and_the_report_cover_all_parts() {
    let server = server(Duration::from_millis(5));
    let arguments = [
        "--vus",
        "4",
        "--duration",
        "3s",
        "--save",
        "run.ssel",
        "--report",
        "run.html",
    ];
    let team = Team::start(3, SCRIPT, &server, &arguments);
    let all = team.said();
    assert!(
        all.iter().all(|(said, _)| said.code == Some(0)),
        "{all:?}",
        all = all.iter().map(|(said, _)| said).collect::<Vec<_>>()
    );
    let (_, folder) = &all[0];
    assert!(folder.folder().join("run.html").exists());
    for (_, other) in &all[1..] {
        assert!(!other.folder().join("run.ssel").exists());
        assert!(!other.folder().join("run.html").exists());
    }
    let report = Ssel::new();
    std::fs::copy(
        folder.folder().join("run.ssel"),
        report.folder().join("run.ssel"),
    )
    .unwrap();
    let said = report
        .args(["report", "-f", "json", "run.ssel"])
        .said()
        .exits(0);
    let saved: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(count(&saved, "http_reqs"), server.requests());
    assert_eq!(count(&saved, "sse_event"), server.events());
}

#[test]
fn the_progress_of_part_0_counts_the_iterations_of_all_parts() {
    let server = server(Duration::from_millis(5));
    let address = format!("127.0.0.1:{}", free_port());
    let call = |number: u64| {
        Ssel::new()
            .file("script.lua", SCRIPT)
            .args(["run", "script.lua", "--vus", "4", "--iterations", "40"])
            .args(["--part", &format!("{number}/2"), "--join", &address])
            .env("URL", &server.url())
    };
    let parts: Vec<Part> = (0..2).map(|number| Part::start(call(number))).collect();
    let all: Vec<_> = parts.into_iter().map(Part::said).collect();
    let (first, _) = &all[0];
    assert!(first.stderr.contains("40/40 iters"), "{first:?}");
}

#[test]
fn a_benchmark_of_several_parts_has_one_result() {
    let address = format!("127.0.0.1:{}", free_port());
    let call = |number: u64| {
        Ssel::new()
            .args([
                "llm",
                "target",
                "--num-prompts",
                "40",
                "--concurrency",
                "4",
                "--output-len",
                "4",
                "--input-len",
                "4",
            ])
            .args([
                "--part",
                &format!("{number}/2"),
                "--join",
                &address,
                "-o",
                "vllm=result.json",
            ])
    };
    let parts: Vec<Part> = (0..2).map(|number| Part::start(call(number))).collect();
    let mut all: Vec<_> = parts.into_iter().map(Part::said).collect();
    let (second, _) = all.pop().unwrap();
    let (first, folder) = all.pop().unwrap();
    let first = first.exits(0);
    let second = second.exits(0);
    assert!(!second.stdout.contains("Requests"), "{second:?}");
    let text = std::fs::read_to_string(folder.folder().join("result.json")).unwrap();
    let result: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(result["completed"], 40, "{first:?}");
    assert_eq!(result["total_output_tokens"], 160);
}

#[test]
fn the_store_gets_the_figures_of_all_parts() {
    let store = Store::start(|_, _| OK.to_owned());
    let server = server(Duration::from_millis(5));
    // Only part 0 has the output, which requests series by the tag `name`.
    let out = format!(
        "prometheus={},interval=1s,tags=scenario,tags=name",
        store.url
    );
    let team = Team::start_with(3, SCRIPT, &server, |part| {
        let all = ["--vus", "6", "--duration", "2s"];
        let own: &[&str] = if part == 0 { &["--out", &out] } else { &[] };
        [&all, own].concat()
    });
    let all = team.said();
    let codes: Vec<_> = all.iter().map(|(said, _)| said.code).collect();
    assert_eq!(codes, [Some(0); 3], "{:?}", all[0].0);
    let requests = server.requests();
    assert!(requests > 6);
    for (name, expected) in [
        ("ssel_http_reqs_total", requests),
        ("ssel_sse_event_total", server.events()),
    ] {
        let series = store.series();
        let mut sum = 0.0;
        for (labels, samples) in series.iter().filter(|(labels, _)| labels.starts_with(name)) {
            let last = samples.iter().rev().find(|(_, value)| !value.is_nan());
            sum += last.map_or(0.0, |(_, value)| *value);
            assert!(!labels.contains("part="), "{labels}");
        }
        assert_eq!(sum, expected as f64, "{name}: {series:#?}");
    }
}
