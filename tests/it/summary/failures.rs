use crate::support::ssel::run;

#[test]
fn iterations_that_raised_are_counted_and_told_of() {
    let script = r#"
        options = { iterations = 8, thresholds = { iterations_failed = "rate<10%" } }
        function default()
            local n = exec.scenario.iteration_in_test
            if n < 6 then error("number " .. n % 2) end
        end
    "#;
    let said = run(script).said().exits(99);
    assert_eq!(
        said.metric("iterations_failed").unwrap(),
        "75.00% 6 out of 8"
    );
    let note = "6 of 8 iterations raised an error, so the figures say little of the server";
    assert!(said.stdout.contains(note), "{}", said.stdout);
    assert!(
        said.stderr
            .contains("error: 2 more times: script.lua:5: number 1"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_run_in_which_nothing_raised_has_no_line_of_it() {
    let said = run("options = { iterations = 3 } function default() end")
        .said()
        .exits(0);
    assert_eq!(said.metric("iterations_failed"), None);
    let said = run("options = { iterations = 3 } function default() end")
        .args(["--summary-mode", "full"])
        .said()
        .exits(0);
    assert_eq!(
        said.metric("iterations_failed").unwrap(),
        "0.00% 0 out of 3"
    );
}

#[test]
fn errors_beyond_those_that_are_shown_are_counted() {
    let script = r#"
        options = { iterations = 150 }
        function default() error("number " .. exec.scenario.iteration_in_test) end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.stderr.matches("error: script.lua").count(), 100);
    assert!(
        said.stderr
            .contains("error: 50 other script errors, not shown"),
        "{}",
        said.stderr
    );
}
