//! Signals while an output is not read.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::started_with;
use crate::support::ssel::{run, said};

/// Writes more samples than a pipe holds, then waits for longer than any test.
const SCRIPT: &str = "options = { duration = '10m' }
    function default()
      for _ = 1, 5000 do check(1, { ['a check with a name of its own'] = true }) end
      print('ready') sleep(600)
    end";

#[test]
fn an_unread_pipe_does_not_block_other_outputs() {
    let ssel = run(SCRIPT).args(["-o", "json=pipe", "--report", "report.html"]);
    let (pipe, report) = (
        ssel.folder().join("pipe"),
        ssel.folder().join("report.html"),
    );
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    // Opened for writing too, so that opening does not block.
    let reader = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&pipe)
        .unwrap();
    let mut running = started_with(ssel);
    running.signal("-TERM");
    running.prints("TOTAL RESULTS");
    let text = loop {
        match std::fs::read_to_string(&report) {
            Ok(text) => break text,
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    assert!(text.contains("</html>"));
    let said = running.said().exits(105);
    assert!(
        said.stderr
            .contains("error: stopped waiting for the outputs"),
        "{}",
        said.stderr
    );
    drop(reader);
}

#[test]
fn an_unread_standard_output_is_abandoned_after_a_signal() {
    let ssel = run(SCRIPT).args(["-o", "json=-", "--summary-export", "summary.json"]);
    let mut command = ssel.command();
    let (reader, writer) = std::io::pipe().unwrap();
    command.stdout(Stdio::from(writer));
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("ready") {
        assert!(stderr.read_line(&mut line).unwrap() > 0, "{line}");
    }
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let since = Instant::now();
    let rest = std::thread::spawn(move || std::io::read_to_string(stderr));
    said(child).exits(105);
    // Without a signal, the reader has half a minute.
    assert!(since.elapsed() < Duration::from_secs(25));
    let text = rest.join().unwrap().unwrap();
    assert!(text.contains("TOTAL RESULTS"), "{text}");
    assert!(ssel.folder().join("summary.json").exists());
    drop(reader);
}
