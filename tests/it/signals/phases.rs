//! A signal in every phase of a run.

use super::{WAITS, started, started_with};
use crate::support::ssel::run;

#[test]
fn a_signal_before_the_load_shows_no_summary() {
    for (phase, script) in [
        ("init", "print('ready') while true do end"),
        (
            "setup that waits",
            "function setup() print('ready') sleep(60) end function default() end",
        ),
        (
            "setup that never waits",
            "function setup() print('ready') while true do end end function default() end",
        ),
    ] {
        let run = started(script);
        run.signal("-INT");
        let said = run.said().exits(105);
        assert_eq!(
            said.stderr, "error: stopped before the load began\n",
            "{phase}"
        );
    }
}

#[test]
fn a_top_level_that_does_not_return_is_reported() {
    let run = started("print('ready') while true do end");
    std::thread::sleep(std::time::Duration::from_millis(3_500));
    run.signal("-INT");
    let said = run.said().exits(105);
    assert_eq!(
        said.stderr,
        "warning: the script's top level has not returned for 3s: it may loop endlessly; Ctrl-C ends ssel\n\
         error: stopped before the load began\n"
    );
}

#[test]
fn iterations_that_end_within_the_graceful_stop_are_complete() {
    let script = "options = { duration = '10m' } function default() print('ready') sleep(0.1) print('done') end";
    let run = started_with(run(script).args(["--graceful-stop", "30s"]));
    run.signal("-TERM");
    let said = run.said().exits(105);
    assert!(said.stdout.contains("done\n"), "{}", said.stdout);
    assert_eq!(said.count("iterations"), 1);
}

#[test]
fn a_script_that_never_waits_is_abandoned() {
    let script = "options = { scenarios = { a = { executor = 'constant-vus', duration = '60s', graceful_stop = '0s' } } } \
                  function default() print('ready') while true do end end";
    let run = started(script);
    run.signal("-INT");
    let said = run.said().exits(105);
    assert!(said.stderr.contains("was abandoned"), "{}", said.stderr);
}

#[test]
fn a_signal_in_teardown_shows_the_summary_of_the_whole_load() {
    for teardown in ["sleep(600)", "while true do end"] {
        let mut run = started(&format!(
            "function default() end function teardown() print('ready') {teardown} end"
        ));
        run.signal("-INT");
        // The result is printed first; then the run waits for the teardown.
        run.prints("TOTAL RESULTS");
        run.signal("-INT");
        let said = run.said().exits(105);
        let waits = "info: teardown is still running: waiting for up to 1m0s\n";
        // The second signal may arrive before the message.
        assert_eq!(
            said.stderr.trim_start_matches(waits),
            "warning: ssel did not wait for teardown: it may not have finished cleaning up\n\
             warning: interrupted after the load had ended; the summary covers the whole load\n"
        );
    }
}

#[test]
fn a_teardown_that_ends_after_the_signal_is_complete() {
    let run = started(&format!(
        "{WAITS} function teardown() sleep(3) print('torn down') end"
    ));
    run.signal("-TERM");
    let said = run.said().exits(105);
    let result = said.stdout.find("TOTAL RESULTS").unwrap();
    let teardown = said.stdout.find("torn down").unwrap();
    assert!(result < teardown, "{}", said.stdout);
    assert!(
        said.stderr
            .contains("info: teardown is still running: waiting for up to 1m0s"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("not waited for"), "{}", said.stderr);
}

#[test]
fn a_signal_in_handle_summary_shows_the_default_summary() {
    let run = started(
        "function default() end function handle_summary() print('ready') while true do end end",
    );
    run.signal("-INT");
    let said = run.said().exits(105);
    assert!(said.stdout.contains("TOTAL RESULTS"), "{}", said.stdout);
    assert_eq!(
        said.stderr,
        "warning: ssel did not wait for handle_summary: this is the default summary\n\
         warning: interrupted after the load had ended; the summary covers the whole load\n"
    );
}
