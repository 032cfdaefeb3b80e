//! `ssel report`, and the summary as data.

use std::path::PathBuf;

use serde_json::Value;

use super::{SCRIPT, saving};
use crate::support::schema::violations;
use crate::support::ssel::{Said, Ssel, project, run};

/// A folder with a saved run, and the output of the run.
fn saved() -> (Ssel, Said) {
    let ssel = saving(SCRIPT).args(["--summary-export", "out.json"]);
    let said = ssel.said().exits(0);
    (ssel, said)
}

/// `ssel report` of a file in the folder of another call.
fn report(of: &Ssel, arguments: &[&str]) -> Said {
    let path = of.folder().join("run.ssel");
    let ssel = Ssel::new().args(["report", path.to_str().unwrap()]);
    ssel.args(arguments.iter().copied()).said()
}

fn schema() -> Value {
    let text = std::fs::read_to_string(project("docs/summary.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_report_shows_the_output_of_the_run() {
    let (ssel, said) = saved();
    let shown = report(&ssel, &[]).exits(0).stdout;
    assert!(shown.starts_with("\n  ssel run script.lua · "), "{shown}");
    let (_, summary) = shown.split_once("\n\n").unwrap();
    let of_the_run = said.stdout.trim_start();
    assert_eq!(summary.trim(), of_the_run.trim());
}

#[test]
fn every_exported_summary_matches_its_schema() {
    let (ssel, _) = saved();
    let exported = std::fs::read_to_string(ssel.folder().join("out.json")).unwrap();
    let reported = report(&ssel, &["-f", "json"]).exits(0).stdout;
    // Shares of a core may differ in the last digit of a double that was written and read.
    let but_for_cpu = |text: &str| text.split("\"cpu\"").next().unwrap().to_owned();
    assert_eq!(but_for_cpu(&exported), but_for_cpu(&reported));
    let script = "options = { thresholds = { http_reqs = 'count < 9', ['http_reqs{status:200}'] = 'count < 9' } }
        function default() error('no') end
        function handle_summary(summary) return { stdout = json.encode(summary) } end";
    let handled = run(script).said().exits(0).stdout;
    for text in [exported.as_str(), &handled] {
        let json: Value = serde_json::from_str(text).unwrap();
        let wrong = violations(&schema(), &json);
        // An empty table of Lua is a list and a map.
        let wrong: Vec<_> = wrong
            .iter()
            .filter(|line| !line.contains(": {} is no array"))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}\n{text}");
    }
    let json: Value = serde_json::from_str(&exported).unwrap();
    let metric = &json["metrics"]["http_req_failed"];
    assert_eq!(metric["values"]["rate"], 0.5);
    assert_eq!(metric["thresholds"]["rate < 0.9"]["ok"], true);
    let failure = &json["failures"][0];
    assert_eq!(
        (&failure["kind"], &failure["status"]),
        (&"status".into(), &503.into())
    );
    let handled: Value = serde_json::from_str(&handled).unwrap();
    assert_eq!(handled["failures"][0]["source"], "iteration");
    assert!(
        handled["failures"][0]["message"]
            .as_str()
            .unwrap()
            .contains("script.lua:2: no")
    );
    assert_eq!(handled["metrics"]["http_reqs{status:200}"]["empty"], true);
}

#[test]
fn handle_summary_has_the_default_text() {
    let script = "function default() end
        function handle_summary(summary)
            return { stdout = report.text(summary), ['a.txt'] = report.text(summary, { colors = false }) }
        end";
    let ssel = run(script);
    let said = ssel.said().exits(0);
    assert_eq!(said.count("iterations"), 1);
    let file = std::fs::read_to_string(ssel.folder().join("a.txt")).unwrap();
    assert_eq!(file, said.stdout);
    let said = run("function default() report.text({}) end")
        .said()
        .exits(0);
    let message = "report.text: the summary is only available in handle_summary";
    assert!(said.stderr.contains(message), "{}", said.stderr);
}

#[test]
fn a_run_is_exported_in_the_formats_of_other_tools() {
    let (ssel, _) = saved();
    for (format, start) in [
        ("markdown", "### ✅ ssel run script.lua"),
        ("junit", "<?xml version=\"1.0\""),
        ("csv", "time,length,metric,"),
        ("hdr", "#[Histogram log format version 1.3]"),
        ("html", "<!doctype html>"),
    ] {
        let text = report(&ssel, &["-f", format]).exits(0).stdout;
        assert!(
            text.starts_with(start),
            "{format}: {}",
            &text[..text.len().min(200)]
        );
    }
    let path = ssel.folder().join("out.xml");
    report(&ssel, &["-f", "junit", "-o", path.to_str().unwrap()]).exits(0);
    let xml = std::fs::read_to_string(path).unwrap();
    assert!(
        xml.contains("<testcase classname=\"checks\" name=\"status is 200\"/>"),
        "{xml}"
    );
}

#[test]
fn hdr_histogram_for_python_reads_the_log() {
    let code = "import sys
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
total = HdrHistogram(1, 3600000000000, 3)
reader = HistogramLogReader(sys.argv[1], total)
while True:
    if reader.add_next_interval_histogram(total) is None: break
print(total.get_total_count())";
    let python = |arguments: &[&str]| {
        let output = std::process::Command::new("python3")
            .args(arguments)
            .output();
        output.ok().filter(|output| output.status.success())
    };
    if python(&["-c", "import hdrh.log"]).is_none() {
        return;
    }
    let (ssel, said) = saved();
    let path = ssel.folder().join("out.hlog");
    report(&ssel, &["-f", "hdr", "-o", path.to_str().unwrap()]).exits(0);
    let output = python(&["-c", code, path.to_str().unwrap()]).expect("the log can be read");
    let count: u64 = String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .unwrap();
    assert!(count > said.count("http_reqs"), "{count}");
}

#[test]
fn an_incomplete_run_is_reported_in_one_line() {
    let (ssel, _) = saved();
    let whole = std::fs::read(ssel.folder().join("run.ssel")).unwrap();
    let path: PathBuf = ssel.folder().join("run.ssel");
    let says = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let said = report(&ssel, &[]).exits(104);
        assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
        said.stderr
    };
    assert!(says(b"some text").contains("is not a saved run of ssel"));
    assert!(says(b"").contains("is empty"));
    assert!(says(&whole[..whole.len() / 2]).contains("is truncated"));
    let mut newer = whole.clone();
    newer[60..64].copy_from_slice(&7_u32.to_be_bytes());
    assert!(says(&newer).contains("was saved by a newer version of ssel in format 7"));
    std::fs::remove_file(&path).unwrap();
    let said = report(&ssel, &[]).exits(104);
    assert!(said.stderr.contains("cannot read"), "{}", said.stderr);
}

#[test]
fn a_run_without_samples_has_a_report_in_each_format() {
    let ssel = saving("function default() end").args(["-i", "1"]);
    ssel.said().exits(0);
    for format in ["text", "json", "markdown", "junit", "csv", "hdr", "html"] {
        report(&ssel, &["-f", format]).exits(0);
    }
}
