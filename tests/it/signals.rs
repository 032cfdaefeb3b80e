//! Signals, and scripts that never come back.

mod stages;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};

use crate::support::ssel::{Said, run};

/// Starts the script and waits until it has printed a line.
fn started(
    script: &str,
) -> (
    Child,
    BufReader<std::process::ChildStdout>,
    tempfile::TempDir,
) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.lua");
    std::fs::write(&path, script).unwrap();
    let mut command = run("").command();
    command.current_dir(folder.path());
    let mut child = command.spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    (child, output, folder)
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

fn rest(child: Child, mut output: BufReader<std::process::ChildStdout>) -> Said {
    let mut said = crate::support::ssel::said(child);
    output.read_to_string(&mut said.stdout).unwrap();
    said
}

#[test]
fn the_first_signal_ends_in_good_order_with_the_summary() {
    for name in ["-INT", "-TERM"] {
        let script = "options = { duration = '60s' } \
                      function default() print('ready') sleep(0.05) end \
                      function teardown() print('torn down') end";
        let (child, output, _folder) = started(script);
        signal(&child, name);
        let said = rest(child, output).exits(105);
        assert!(said.stdout.contains("torn down"), "{}", said.stdout);
        assert!(said.count("iterations") >= 1);
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let script = "options = { duration = '60s' } function default() print('ready') sleep(60) end";
    let (child, output, _folder) = started(script);
    signal(&child, "-INT");
    // The first one has been taken when the second is sent again and again until the process is gone.
    let id = child.id().to_string();
    let sender = std::thread::spawn(move || {
        while Command::new("kill")
            .args(["-INT", &id])
            .output()
            .unwrap()
            .status
            .success()
        {
            std::thread::yield_now();
        }
    });
    let said = rest(child, output).exits(105);
    sender.join().unwrap();
    assert!(!said.stdout.contains("TOTAL RESULTS"), "{}", said.stdout);
}

#[test]
fn a_script_that_loops_for_ever_is_left_behind() {
    let script = "options = { scenarios = { a = { executor = 'constant-vus', vus = 1, duration = '1s', \
                  graceful_stop = '0s' } } } function default() print('ready') while true do end end";
    let (child, output, _folder) = started(script);
    let said = rest(child, output).exits(0);
    assert!(said.stderr.contains("was left behind"), "{}", said.stderr);
    assert!(said.stdout.contains("TOTAL RESULTS"));
}
