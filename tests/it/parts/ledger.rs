//! All parts of a run together match the counts of the server and the load of one process.

use super::{Asked, Processes, read, script};
use crate::support::ssel::Ssel;
use ssel::metrics::{Histogram, Sink, Tags, Unit};
use ssel::record::{Point, Record};

/// Runs a load as several parts and merges them; returns the requested paths, sorted.
fn dealt(load: &str, parts: u32) -> (Vec<String>, Processes, Asked) {
    let asked = Asked::start();
    let mut processes = Processes::start(&script(load, &asked.server.url()), parts, &["--quiet"]);
    for said in processes.said() {
        said.exits(0);
    }
    let files: Vec<String> = (0..parts)
        .map(|index| format!("run-{index}.ssel"))
        .collect();
    let mut merge = vec!["merge", "-o", "all.ssel"];
    merge.extend(files.iter().map(String::as_str));
    let said = processes.ssel(&merge).exits(0);
    assert!(!said.stderr.contains("missing"), "{}", said.stderr);
    (asked.paths(), processes, asked)
}

/// The durations of the requests of a run, from its seconds.
fn durations_of(record: &Record) -> Histogram {
    let series = record.find("http_req_duration", &Tags::new()).unwrap();
    let points = record.points(series).map(|(_, point)| point);
    match Point::joined(points) {
        Some(Point::Trend(histogram)) => histogram,
        other => panic!("no histogram: {other:?}"),
    }
}

/// The same load in one process.
fn whole(load: &str) -> Vec<String> {
    let asked = Asked::start();
    Ssel::new()
        .file("script.lua", script(load, &asked.server.url()))
        .args(["run", "--quiet", "script.lua"])
        .said()
        .exits(0);
    asked.paths()
}

#[test]
fn the_merged_run_matches_the_figures_of_the_server() {
    let load = "executor = 'constant-arrival-rate', rate = 60, duration = '2s', arrival = 'poisson', iterations = 100,
        pre_allocated_vus = 40";
    let (paths, processes, asked) = dealt(load, 4);
    let all = read(&processes.path("all.ssel"));
    let Some(Sink::Trend(durations)) = all.total("http_req_duration", &Tags::new()) else {
        panic!("no durations");
    };
    assert_eq!(durations.count(), asked.server.requests());
    assert_eq!(all.facts.iterations_complete, paths.len() as u64);
    assert_eq!(all.runs.len(), 4);
    // The numbers of iterations are unique, and each VU belongs to the part that its number implies.
    let numbers: Vec<&str> = paths.iter().map(|path| &path[1..5]).collect();
    let mut unique = numbers.clone();
    unique.dedup();
    assert_eq!(unique, numbers);

    // Cell by cell: the histograms of the parts add up to that of the whole.
    let mut sum = Histogram::new(Unit::Time);
    for index in 0..4 {
        sum.merge(&durations_of(&read(
            &processes.path(&format!("run-{index}.ssel")),
        )));
    }
    let merged = durations_of(&all);
    assert!(sum.buckets().eq(merged.buckets()));
    assert!((sum.percentile(99.0) - merged.percentile(99.0)).abs() < 1e-12);

    // A threshold on the union, applied later.
    let script = |demand: &str| {
        format!("options = {{ thresholds = {{ http_reqs = '{demand}' }} }} function default() end")
    };
    for (demand, code) in [
        (format!("count=={}", paths.len()), 0),
        (format!("count<{}", paths.len()), 99),
    ] {
        std::fs::write(processes.path("check.lua"), script(&demand)).unwrap();
        processes
            .ssel(&["check", "all.ssel", "check.lua"])
            .exits(code);
    }
    let text = processes.ssel(&["report", "all.ssel"]).exits(0);
    assert!(text.stdout.contains("4 parts"), "{}", text.stdout);
    assert_eq!(text.count("http_reqs"), paths.len() as u64);
}

#[test]
fn all_parts_together_send_the_requests_of_one_process() {
    for load in [
        "executor = 'per-vu-iterations', vus = 7, iterations = 3",
        "executor = 'ramping-vus', stages = { '1s:6', '1s:2' }",
    ] {
        // The order of iterations, and the number of those of a looping VU, depend on the machine.
        let vus = |paths: Vec<String>| {
            let mut vus: Vec<String> = paths
                .iter()
                .map(|path| path.split('/').nth(2).unwrap().to_owned())
                .collect();
            vus.sort();
            vus.dedup();
            vus
        };
        assert_eq!(vus(dealt(load, 3).0), vus(whole(load)), "{load}");
    }
    let load = "executor = 'shared-iterations', vus = 7, iterations = 30";
    let numbers = |paths: Vec<String>| -> Vec<String> {
        paths.iter().map(|path| path[1..5].to_owned()).collect()
    };
    assert_eq!(numbers(dealt(load, 3).0), numbers(whole(load)));
}
