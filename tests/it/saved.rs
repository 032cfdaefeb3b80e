//! Saved runs.

mod merged;
mod reports;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use ssel as library;

use crate::support::ssel::{Ssel, project, run};

const SCRIPT: &str =
    "options = { vus = 2, duration = '2500ms', thresholds = { http_req_failed = 'rate < 0.9' } }
function default()
  http.get(target.url('/status/503'))
  local response = sse.open(target.url('/.sse?interval=20ms'), {}, function(client)
    client:on('event', function(event) if tonumber(event.id) == 4 then client:close() end end)
  end)
  check(response, { ['status is 200'] = function(r) return r.status == 200 end })
end";

fn saving(script: &str) -> Ssel {
    run(script).args(["--save", "run.ssel"])
}

fn database(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

fn one<T: rusqlite::types::FromSql>(db: &Connection, sql: &str) -> T {
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_saved_run_has_its_seconds_streams_failures_and_end() {
    let ssel = saving(SCRIPT).args(["--label", "branch=main"]);
    let said = ssel.said().exits(0);
    let path = ssel.folder().join("run.ssel");
    let db = database(&path);
    let requests = said.count("http_reqs");
    let sum: f64 = one(
        &db,
        "SELECT sum(sum) FROM metrics WHERE metric = 'http_reqs' AND tags = '{}'",
    );
    assert!((sum - requests as f64).abs() < 0.5, "{sum} {requests}");
    assert!(one::<i64>(&db, "SELECT count(*) FROM client") >= 3);
    assert_eq!(one::<String>(&db, "SELECT verdict FROM run"), "passed");
    assert_eq!(
        one::<String>(&db, "SELECT labels FROM run"),
        r#"{"branch":"main"}"#
    );
    assert_eq!(one::<String>(&db, "SELECT script FROM run"), SCRIPT);
    assert_eq!(one::<i64>(&db, "SELECT length(script_hash) FROM run"), 64);
    let failed: u64 = one(
        &db,
        "SELECT count FROM errors WHERE source = 'http' AND status = 503",
    );
    assert_eq!(failed, requests / 2);
    let streams: u64 = one(
        &db,
        "SELECT count(*) FROM streams WHERE events = 5 AND \"end\" = 'ok'",
    );
    assert!(streams > 0 && streams <= requests / 2);
    assert_eq!(
        one::<String>(&db, "SELECT name FROM checks"),
        "status is 200"
    );
    assert!(one::<bool>(&db, "SELECT ok FROM thresholds"));
    // There are no other files.
    assert!(!ssel.folder().join("run.ssel-journal").exists());
}

/// The blocks of a page in a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let open = format!("```{language}\n");
    let block = |rest: &'a str| rest.split("\n```").next().unwrap();
    page.split(open.as_str()).skip(1).map(block).collect()
}

#[test]
fn the_queries_and_the_schema_of_the_page_are_valid() {
    let ssel = saving(SCRIPT);
    ssel.said().exits(0);
    let db = database(&ssel.folder().join("run.ssel"));
    let page = std::fs::read_to_string(project("docs/saved-runs.md")).unwrap();
    let blocks = blocks(&page, "sql");
    let (schema, queries) = blocks.split_last().unwrap();
    let source = std::fs::read_to_string(project("src/saved/schema.sql")).unwrap();
    assert_eq!(*schema, source.trim_end());
    assert_eq!(queries.len(), 5);
    for query in queries {
        let mut statement = db.prepare(query).unwrap();
        let rows = statement.query_map([], |_| Ok(())).unwrap();
        assert!(rows.count() > 0, "no answer to: {query}");
    }
}

#[test]
fn a_killed_run_is_readable_during_the_run_and_afterwards() {
    let ssel = saving("options = { duration = '60s' } function default() sleep(0.01) end");
    let mut child = ssel.command().spawn().unwrap();
    let path = ssel.folder().join("run.ssel");
    let begun = Instant::now();
    let seconds = || {
        let db = Connection::open(&path).ok()?;
        let count = "SELECT count(*) FROM client";
        db.query_row(count, [], |row| row.get::<_, i64>(0)).ok()
    };
    while !path.exists() || seconds() < Some(2) {
        assert!(
            begun.elapsed() < Duration::from_secs(50),
            "nothing is saved"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let db = database(&path);
    assert_eq!(one::<Option<String>>(&db, "SELECT verdict FROM run"), None);
    assert!(
        one::<f64>(
            &db,
            "SELECT sum(sum) FROM metrics WHERE metric = 'iterations'"
        ) > 10.0
    );
    let record = library::saved::read(&path).unwrap();
    assert!(!record.is_finished());
    assert!(record.facts.iterations_complete > 10);
}

#[test]
fn no_file_is_overwritten_or_written_twice() {
    let once = "function default() end";
    let ssel = saving(once);
    ssel.said().exits(0);
    let said = ssel.said().exits(1);
    assert!(
        said.stderr
            .contains("run.ssel already contains a run (script.lua, 0s): use another name"),
        "{}",
        said.stderr
    );
    let said = saving(once).file("run.ssel", "mine").said().exits(1);
    assert!(
        said.stderr
            .contains("exists and is not a saved run: use another name"),
        "{}",
        said.stderr
    );
    let said = run(once)
        .args(["--save", "no/such/run.ssel"])
        .said()
        .exits(1);
    assert!(
        said.stderr.contains("there is no folder no/such"),
        "{}",
        said.stderr
    );

    let long = saving("options = { duration = '60s' } function default() sleep(0.01) end");
    let mut child = long.command().spawn().unwrap();
    let begun = Instant::now();
    while !long.folder().join("run.ssel").exists() {
        assert!(
            begun.elapsed() < Duration::from_secs(50),
            "nothing is saved"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let said = long.said().exits(1);
    assert!(
        said.stderr
            .contains("another ssel process is writing to run.ssel"),
        "{}",
        said.stderr
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A limit on the size of files simulates a full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_once_and_the_result_is_shown() {
    let ssel = saving(SCRIPT).args(["--streams", "all", "-d", "5s"]);
    let ssel_path = env!("CARGO_BIN_EXE_ssel");
    let limited = format!("trap '' XFSZ; ulimit -f 170; exec {ssel_path} \"$@\"");
    let child = Command::new("sh")
        .args([
            "-c",
            &limited,
            "sh",
            "run",
            "--quiet",
            "script.lua",
            "--save",
            "run.ssel",
        ])
        .args(["--streams", "all", "-d", "5s"])
        .current_dir(ssel.folder())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let said = crate::support::ssel::said(child).exits(1);
    assert!(said.count("http_reqs") > 0);
    let told = said.stderr.matches("retrying every second").count();
    assert_eq!(told, 1, "{}", said.stderr);
    assert!(
        said.stderr.contains("error: cannot write run.ssel: "),
        "{}",
        said.stderr
    );
    // The file is valid up to that point.
    let record = library::saved::read(&ssel.folder().join("run.ssel")).unwrap();
    assert!(!record.is_finished() && !record.frames.is_empty());
}

#[test]
fn a_run_that_cannot_start_creates_no_file() {
    let ssel = saving("function setup() error('no') end function default() end");
    ssel.said().exits(107);
    assert!(!ssel.folder().join("run.ssel").exists());
}

#[test]
fn hdr_histogram_for_python_reads_saved_histograms() {
    let python = |code: &str| Command::new("python3").args(["-c", code]).output();
    let has_it = python("import hdrh.histogram").is_ok_and(|output| output.status.success());
    if !has_it {
        // `pip install hdrhistogram`; `src/metrics/hdr.rs` holds the form against the library for Rust.
        return;
    }
    let page = std::fs::read_to_string(project("docs/saved-runs.md")).unwrap();
    let code = blocks(&page, "python")[0];
    let ssel = saving(SCRIPT);
    ssel.said().exits(0);
    let output = Command::new("python3")
        .args(["-c", code])
        .current_dir(ssel.folder())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.trim().ends_with(" ms"),
        "{output:?}"
    );
}
