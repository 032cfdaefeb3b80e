//! `--out`: samples one by one, as JSON and CSV.

mod failures;

use std::io::Read;
use std::process::Command;

use serde_json::Value;

use crate::support::ssel::{Ssel, run};

const SCRIPT: &str = r#"
    options = { iterations = 2, tags = { team = "blue" }, thresholds = { answer = "max<100" } }
    local answer = metrics.trend("answer")
    function default()
      sse.open(target.url("/.sse?n=3&interval=1ms"), { tags = { kind = "first" } }, function() end)
      answer:add(42)
      check(1, { ["is, \"quoted\""] = true })
    end
"#;

/// The lines of JSON in a text.
fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

fn file(ssel: &Ssel, name: &str) -> String {
    std::fs::read_to_string(ssel.folder().join(name)).unwrap()
}

/// The points of a metric.
fn points<'a>(lines: &'a [Value], metric: &str) -> Vec<&'a Value> {
    let is_point = |line: &&Value| line["type"] == "Point" && line["metric"] == metric;
    lines
        .iter()
        .filter(is_point)
        .map(|line| &line["data"])
        .collect()
}

#[test]
fn every_sample_is_a_line_of_json_with_its_time_and_tags() {
    let ssel = run(SCRIPT).args(["--out", "json=out.json"]);
    let said = ssel.said().exits(0);
    assert!(said.stdout.contains("answer..."), "{}", said.stdout);
    let lines = lines(&file(&ssel, "out.json"));

    let answers = points(&lines, "answer");
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0]["value"], 42);
    assert_eq!(answers[0]["tags"]["team"], "blue");
    assert_eq!(points(&lines, "vus")[0]["tags"]["team"], "blue");
    assert_eq!(points(&lines, "sse_streams")[0]["tags"]["team"], "blue");
    let events: u64 = points(&lines, "sse_event")
        .iter()
        .map(|point| point["value"].as_u64().unwrap())
        .sum();
    assert_eq!(events, 6);
    let requests = points(&lines, "http_reqs");
    assert_eq!(requests.len(), 2);
    let tags = &requests[0]["tags"];
    assert_eq!(
        (&tags["status"], &tags["kind"], &tags["scenario"]),
        (&"200".into(), &"first".into(), &"default".into())
    );
    assert_eq!(points(&lines, "http_req_duration").len(), 2);

    // Each metric is introduced once, before its first point.
    let about = |name: &str| {
        let is_about = |line: &Value| line["type"] == "Metric" && line["metric"] == name;
        let found: Vec<_> = (0..lines.len())
            .filter(|&at| is_about(&lines[at]))
            .collect();
        assert_eq!(found.len(), 1, "{name}");
        let first = lines
            .iter()
            .position(|line| line["type"] == "Point" && line["metric"] == name);
        assert!(Some(found[0]) < first);
        &lines[found[0]]["data"]
    };
    assert_eq!(
        about("answer")["thresholds"],
        serde_json::json!(["max<100"])
    );
    let duration = about("http_req_duration");
    assert_eq!(
        (&duration["type"], &duration["contains"]),
        (&"trend".into(), &"time".into())
    );
}

#[test]
fn times_of_samples_are_wall_clock_times_in_order() {
    let now = || {
        std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap()
            .as_secs_f64()
    };
    let before = now();
    let ssel = run(
        "function default() local m = 1 for i = 1, 3 do check(1, { a = true }) sleep(0.01) end end",
    )
    .args(["--out", "csv=out.csv"]);
    ssel.said().exits(0);
    let after = now();
    let text = file(&ssel, "out.csv");
    let times: Vec<f64> = text
        .lines()
        .filter(|line| line.starts_with("checks,"))
        .map(|line| line.split(',').nth(1).unwrap().parse().unwrap())
        .collect();
    assert_eq!(times.len(), 3);
    assert!(
        times.is_sorted() && times[0] >= before && times[2] <= after,
        "{before} {times:?} {after}"
    );
    assert!(times[2] - times[0] >= 0.02, "{times:?}");
}

#[test]
fn csv_has_a_column_for_each_built_in_tag_and_one_for_the_others() {
    let ssel = run(SCRIPT).args(["--out", "csv=out.csv"]);
    ssel.said().exits(0);
    let mut reader = csv::Reader::from_path(ssel.folder().join("out.csv")).unwrap();
    let columns: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(columns[..3], ["metric_name", "timestamp", "metric_value"]);
    let column = |name: &str| columns.iter().position(|column| column == name).unwrap();
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    let of = |metric: &str| -> Vec<_> { records.iter().filter(|r| &r[0] == metric).collect() };
    assert_eq!(&of("checks")[0][column("check")], "is, \"quoted\"");
    assert_eq!(&of("answer")[0][2], "42");
    assert_eq!(&of("http_reqs")[0][column("kind")], "first");
    assert_eq!(&of("http_reqs")[0][column("extra_tags")], "team=blue");
}

#[test]
fn a_file_that_ends_in_gz_is_compressed() {
    let ssel = run(SCRIPT).args(["-o", "json=out.json.gz", "-o", "csv=out.csv.gz"]);
    ssel.said().exits(0);
    let whole = |name: &str| {
        let file = std::fs::File::open(ssel.folder().join(name)).unwrap();
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(file)
            .read_to_string(&mut text)
            .unwrap();
        text
    };
    assert_eq!(points(&lines(&whole("out.json.gz")), "answer").len(), 2);
    assert_eq!(whole("out.csv.gz").matches("\nanswer,").count(), 2);
}

#[test]
fn standard_output_contains_only_samples_if_they_are_written_there() {
    for out in ["json=-", "json"] {
        let script = format!("{SCRIPT} function setup() print('from the script') end");
        let said = run(&script).args(["--out", out]).said().exits(0);
        assert_eq!(points(&lines(&said.stdout), "answer").len(), 2);
        assert!(
            said.stderr.contains("from the script") && said.stderr.contains("answer..."),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn the_header_names_the_outputs() {
    let said = run(SCRIPT)
        .instead_of("--quiet", "--no-color")
        .args(["--out", "json=a.json.gz", "--out", "csv=b.csv"])
        .said()
        .exits(0);
    let line = said
        .stderr
        .lines()
        .find(|line| line.trim_start().starts_with("output:"));
    assert_eq!(line.unwrap().trim(), "output: json=a.json.gz, csv=b.csv");
}

/// The readable part of a compressed file, even without its end.
fn unpacked(ssel: &Ssel, name: &str) -> String {
    let file = std::fs::File::open(ssel.folder().join(name)).unwrap();
    let mut bytes = Vec::new();
    let _ = flate2::read::GzDecoder::new(file).read_to_end(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_outputs_of_a_stopped_run_are_complete() {
    let script = "options = { duration = '10m' }
        function default() check(1, { a = true }) io.write('.') sleep(0.01) end";
    let ssel = run(script).args(["--out", "json=out.json.gz"]);
    let mut child = ssel.command().spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 3]).unwrap();
    let id = child.id().to_string();
    Command::new("kill").args(["-INT", &id]).status().unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    let said = crate::support::ssel::said(child).exits(105);
    assert!(!said.stderr.contains("error: "), "{}", said.stderr);
    let text = unpacked(&ssel, "out.json.gz");
    let iterations = rest
        .split_once('\n')
        .map_or(rest.as_str(), |(dots, _)| dots)
        .matches('.')
        .count()
        + 3;
    assert_eq!(points(&lines(&text), "checks").len(), iterations);
}

#[test]
fn the_outputs_of_a_killed_run_lack_at_most_a_second() {
    let script = "options = { duration = '10m' }
        function default() check(1, { a = true }) sleep(0.01) end";
    let ssel = run(script).args(["-o", "json=out.json.gz", "-o", "csv=out.csv.gz"]);
    let mut child = ssel.command().spawn().unwrap();
    // Complete lines can be read during the run.
    let has_lines =
        |name: &str| ssel.folder().join(name).exists() && unpacked(&ssel, name).contains("checks");
    let start = std::time::Instant::now();
    while !(has_lines("out.json.gz") && has_lines("out.csv.gz")) {
        assert!(start.elapsed().as_secs() < 60, "nothing was written");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let text = unpacked(&ssel, "out.json.gz");
    let (whole, _) = text.rsplit_once('\n').unwrap();
    assert!(!points(&lines(whole), "checks").is_empty());
}
