//! Signals, and scripts that never return.

mod phases;
mod streams;
mod unread;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command};
use std::time::{Duration, Instant};

use crate::support::ssel::{Said, Ssel, run, said};

/// A run that a test sends signals to.
struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
    /// Its output so far.
    text: String,
    _folder: Ssel,
}

/// Starts the script and waits until it has printed `ready`.
fn started(script: &str) -> Running {
    started_with(run(script))
}

fn started_with(ssel: Ssel) -> Running {
    let mut child = ssel.command().spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut running = Running {
        child,
        output,
        text: String::new(),
        _folder: ssel,
    };
    running.prints("ready\n");
    running
}

impl Running {
    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until it has printed this.
    #[track_caller]
    fn prints(&mut self, text: &str) {
        while !self.text.contains(text) {
            let read = self.output.read_line(&mut self.text).unwrap();
            assert!(read > 0, "never printed {text:?}: {}", self.text);
        }
    }

    fn said(mut self) -> Said {
        let said = said(self.child);
        self.output.read_to_string(&mut self.text).unwrap();
        Said {
            stdout: self.text,
            ..said
        }
    }
}

/// An iteration that takes longer than any test.
const WAITS: &str =
    "options = { duration = '10m' } function default() print('ready') sleep(600) end ";
/// An iteration that cannot be interrupted.
const LOOPS: &str =
    "options = { duration = '10m' } function default() print('ready') while true do end end ";

#[test]
fn the_first_signal_interrupts_iterations_and_runs_teardown_and_summary() {
    for name in ["-INT", "-TERM", "-HUP"] {
        let teardown = "function teardown() print('torn down') end";
        let run = started(&format!("{WAITS}{teardown}"));
        run.signal(name);
        let said = run.said().exits(105);
        assert!(said.stdout.contains("torn down\n"), "{}", said.stdout);
        assert!(said.stdout.contains("TOTAL RESULTS"), "{}", said.stdout);
        let told = "info: stopping: 1 iteration has 500ms to finish\n\
                    warning: interrupted; the summary covers the run up to this point\n";
        assert_eq!(said.stderr, told);
    }
}

#[test]
fn iterations_may_continue_for_graceful_stop() {
    let script = "options = { duration = '10m' } function default() print('ready') sleep(1) print('done') end";
    for (said, long) in [
        (&["--graceful-stop", "1m"][..], true),
        (&["--graceful-stop", "0"], false),
        (&[], false),
    ] {
        let run = started_with(run(script).args(said.iter().copied()));
        run.signal("-TERM");
        let said = run.said().exits(105);
        assert_eq!(said.stdout.contains("done\n"), long, "{}", said.stdout);
        assert_eq!(said.count("iterations"), u64::from(long));
    }
    let run = started_with(run(script).env("SSEL_GRACEFUL_STOP", "1m"));
    run.signal("-INT");
    assert_eq!(run.said().exits(105).count("iterations"), 1);
}

#[test]
fn the_second_signal_ends_the_waiting_of_the_first() {
    let teardown = "function teardown() print('tearing down') sleep(600) end";
    let script = format!("{WAITS}{teardown}");
    let mut run = started_with(run(&script).args(["--graceful-stop", "10m"]));
    run.signal("-INT");
    std::thread::sleep(Duration::from_millis(200));
    run.signal("-INT");
    run.prints("TOTAL RESULTS");
    let said = run.said().exits(105);
    assert!(
        said.stderr
            .contains("warning: ssel did not wait for teardown"),
        "{}",
        said.stderr
    );
}

#[test]
fn the_third_signal_ends_the_process() {
    let run = started_with(run(LOOPS).args(["--graceful-stop", "10m"]));
    let thrice = "kill -INT $0; sleep 0.15; kill -INT $0; sleep 0.15; kill -INT $0";
    let id = run.child.id().to_string();
    Command::new("sh")
        .args(["-c", thrice, &id])
        .status()
        .unwrap();
    let said = run.said().exits(105);
    assert!(!said.stdout.contains("TOTAL RESULTS"), "{}", said.stdout);
}

#[test]
fn after_a_signal_the_result_is_shown_without_waiting_for_scripts() {
    let teardown = "function teardown() while true do end end";
    let mut run = started(&format!("{LOOPS}{teardown}"));
    let start = Instant::now();
    run.signal("-TERM");
    run.prints("TOTAL RESULTS");
    let took = start.elapsed();
    run.signal("-TERM");
    let said = run.said().exits(105);
    assert!(said.stderr.contains("was abandoned"), "{}", said.stderr);
    // Two seconds, and the delay of a busy machine.
    assert!(took < Duration::from_secs(6), "{took:?}");
}

/// GNU timeout signals its child and then its own group, which includes the child.
#[test]
fn a_run_under_timeout_shows_its_result() {
    let ssel = run(WAITS);
    let own = ssel.command();
    let mut runs = Vec::new();
    for _ in 0..5 {
        let mut command = Command::new("timeout");
        command.arg("1").arg(own.get_program()).args(own.get_args());
        command.current_dir(ssel.folder());
        command.stdout(std::process::Stdio::piped());
        command.stderr(std::process::Stdio::piped());
        runs.push(command.spawn().unwrap());
    }
    for run in runs {
        let said = said(run).exits(124);
        assert!(said.stdout.contains("TOTAL RESULTS"), "{said:?}");
        assert!(
            !said.stderr.contains("not waited for"),
            "two signals counted: {said:?}"
        );
    }
}

#[test]
fn a_script_that_loops_endlessly_is_abandoned() {
    let script = "options = { scenarios = { a = { executor = 'constant-vus', vus = 1, duration = '1s', \
                  graceful_stop = '0s' } } } function default() print('ready') while true do end end";
    let said = started(script).said().exits(0);
    assert!(said.stderr.contains("was abandoned"), "{}", said.stderr);
    assert!(said.stdout.contains("TOTAL RESULTS"));
}

#[test]
fn a_stopped_reader_delays_neither_the_run_nor_the_result() {
    let script = "options = { duration = '10m' } function default() print('ready') \
                  while true do for _ = 1, 100 do print(('x'):rep(1000)) end sleep(0.001) end end";
    let run = started(script);
    run.signal("-TERM");
    // The pipe is not read any more.
    let said = said(run.child).exits(105);
    assert!(
        said.stderr.contains("standard output was not read"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("TOTAL RESULTS"), "{}", said.stderr);
}

#[test]
fn the_output_of_a_chunk_is_complete_even_if_it_is_large() {
    let chunk = "for i = 1, 200000 do print(i .. ('x'):rep(100)) end";
    let said = Ssel::new().args(["eval", chunk]).said().exits(0);
    assert_eq!(said.stdout.lines().count(), 200_000);
    assert!(
        said.stdout
            .ends_with(&format!("200000{}\n", "x".repeat(100)))
    );
}
