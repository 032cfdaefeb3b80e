use super::{rest, signal, started};

#[test]
fn a_signal_ends_whatever_stage_the_script_is_in() {
    for (stage, script) in [
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
        let (child, output, _folder) = started(script);
        signal(&child, "-INT");
        let said = rest(child, output).exits(105);
        assert_eq!(
            said.stderr, "error: stopped before the load began\n",
            "{stage}"
        );
    }
}

#[test]
fn a_signal_in_teardown_still_shows_the_summary() {
    let (child, output, _folder) =
        started("function default() end function teardown() print('ready') sleep(60) end");
    signal(&child, "-INT");
    let said = rest(child, output);
    assert!(
        said.stdout.contains("TOTAL RESULTS"),
        "{} {}",
        said.stdout,
        said.stderr
    );
    assert_ne!(said.code, Some(0));
}

#[test]
fn a_signal_waits_for_iterations_that_end_in_time() {
    let script = "options = { duration = '60s' } function default() print('ready') sleep(0.2) print('done') end";
    let (child, output, _folder) = started(script);
    signal(&child, "-TERM");
    let said = rest(child, output).exits(105);
    assert!(said.stdout.contains("done\n"), "{}", said.stdout);
    assert_eq!(said.count("iterations"), 1);
}

#[test]
fn a_signal_and_a_script_that_never_waits_end_all_the_same() {
    let script = "options = { scenarios = { a = { executor = 'constant-vus', duration = '60s', graceful_stop = '0s' } } } \
                  function default() print('ready') while true do end end";
    let (child, output, _folder) = started(script);
    signal(&child, "-INT");
    let said = rest(child, output).exits(105);
    assert!(said.stderr.contains("was left behind"), "{}", said.stderr);
}
