use crate::support::golden::{golden, measured};
use crate::support::ssel::{Ssel, run};

const SCRIPT: &str = r#"
    options = { vus = 2, iterations = 4, thresholds = {
        sse_event = "count==12", ["checks{check:status is 200}"] = "rate==1",
        sse_first_event = { "p(95)<10s", "max<1us" },
    } }
    local time, words = metrics.trend("my_time", true), metrics.counter("my_words")
    function default()
        group("read", function()
            local res = sse.open(target.url("/.sse?n=3&interval=1ms&comment=3"), function() end)
            check(res, { ["status is 200"] = res.status == 200, ["is empty"] = res.events == 0 })
            time:add(res.timings.first_event)
            words:add(res.events)
        end)
    end
"#;

/// The whole output of a run with a failed threshold, with and without the phases of requests.
fn summary(mode: &str) -> String {
    measured(
        &run(SCRIPT)
            .args(["--summary-mode", mode])
            .said()
            .exits(99)
            .stdout,
    )
}

#[test]
fn the_compact_summary_matches_its_snapshot() {
    golden("summary", &summary("compact"));
}

#[test]
fn the_full_summary_matches_its_snapshot() {
    golden("summary_in_full", &summary("full"));
}

#[test]
fn banner_header_and_last_progress_match_their_snapshot() {
    let script = r#"
        options = { scenarios = {
            readers = { executor = "per-vu-iterations", vus = 2, iterations = 2 },
            late = { executor = "shared-iterations", start_time = "10ms", exec = "other" },
        } }
        function default() end
        function other() end
    "#;
    let said = Ssel::new()
        .file("script.lua", script)
        .args(["run", "script.lua", "--no-summary"])
        .said()
        .exits(0);
    assert_eq!(said.stdout, "");
    // The duration depends on the machine.
    let (before, rest) = said.stderr.split_once("running (").unwrap();
    let (_, after) = rest.split_once(')').unwrap();
    golden(
        "banner_header_and_progress",
        &format!("{before}running (TIME){after}"),
    );
}

#[test]
fn quiet_shows_only_the_summary_and_the_output_of_the_script() {
    let said = run("function default() print('hello') end").said().exits(0);
    assert_eq!(said.stderr, "");
    assert!(
        said.stdout.starts_with("hello\n") && said.stdout.contains("TOTAL RESULTS"),
        "{}",
        said.stdout
    );
}

#[test]
fn there_are_no_colours_without_a_terminal() {
    let said = Ssel::new()
        .file("s.lua", SCRIPT)
        .args(["run", "s.lua"])
        .said()
        .exits(99);
    assert!(!said.stdout.contains('\u{1b}') && !said.stderr.contains('\u{1b}'));
}
