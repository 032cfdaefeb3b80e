use crate::support::ssel::run;

#[test]
fn a_setup_that_waits_too_long_exits_with_100() {
    let script = "options = { setup_timeout = '30ms' }\nfunction setup() sleep(60) end\nfunction default() end";
    let said = run(script).said().exits(100);
    assert_eq!(
        said.stderr,
        "error: setup did not return within 30ms; raise the option setup_timeout if it needs longer\n"
    );
    assert_eq!(said.stdout, "");
}

#[test]
fn a_setup_that_never_waits_exits_with_100() {
    let script = "options = { setup_timeout = '30ms' }\nfunction setup() while true do end end\nfunction default() end";
    let said = run(script).said().exits(100);
    assert!(
        said.stderr
            .contains("setup did not return in time and never waited"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_teardown_that_waits_too_long_exits_with_101_after_the_summary() {
    let script = "options = { teardown_timeout = '30ms' }\nfunction teardown() sleep(60) end\nfunction default() end";
    let said = run(script).said().exits(101);
    assert_eq!(
        said.stderr,
        "error: teardown did not return within 30ms; raise the option teardown_timeout if it needs longer\n"
    );
    assert_eq!(said.count("iterations"), 1);
}

#[test]
fn a_teardown_that_never_waits_exits_with_101_after_the_summary() {
    let script = "options = { teardown_timeout = '30ms' }\nfunction default() end\n\
                  function teardown() while true do end end\nfunction handle_summary() return {} end";
    let said = run(script).said().exits(101);
    assert!(
        said.stderr.contains("teardown did not return in time"),
        "{}",
        said.stderr
    );
    assert_eq!(said.count("iterations"), 1);
}

#[test]
fn an_interrupted_iteration_closes_its_stream_and_runs_no_more_code() {
    let script = r#"
        options = { scenarios = { a = {
            executor = "constant-vus", vus = 1, duration = "1s", graceful_stop = "0s",
        } } }
        function default()
            pcall(sse.open, target.url("/.sse?interval=60s"), function() end)
            print("never")
        end
        function teardown() print("teardown") end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.printed(), "teardown");
    assert_eq!(
        said.metric("sse_streams")
            .unwrap()
            .split_whitespace()
            .next(),
        Some("0")
    );
}

#[test]
fn a_long_phase_is_shown() {
    let script = "function setup() sleep(6) end function default() end";
    let said = crate::support::ssel::Ssel::new()
        .file("script.lua", script)
        .args(["run", "script.lua"])
        .said()
        .exits(0);
    assert!(said.stderr.contains("\nsetup (5s)\n"), "{}", said.stderr);
}
