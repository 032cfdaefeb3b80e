use crate::support::ssel::{iteration_prints, iteration_raises, run};

#[test]
fn check_returns_whether_all_conditions_hold() {
    let printed = iteration_prints(
        r#"
        print(check(7, { a = function(v) return v == 7 end, b = true }))
        print(check(7, { a = function(v) return v == 8 end, b = true }))
        print(check(nil, { a = false }))
        print(check(7, { a = function() return "anything" end }))
        print(check(7, { a = function() end }))
        print(check(7, {}))
        "#,
    );
    assert_eq!(printed, "true\nfalse\nfalse\ntrue\nfalse\ntrue\n");
}

#[test]
fn the_summary_counts_each_check() {
    let script = r#"
        options = { iterations = 4, thresholds = {
            checks = "rate==0.75", ["checks{check:even}"] = "rate==0.5", ["checks{kind:odd}"] = "rate==0.5",
        } }
        function default()
            local i = exec.scenario.iteration_in_test
            check(i, { even = function(i) return i % 2 == 0 end }, { kind = "odd" })
            check(i, { whole = i >= 0 })
        end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(
        said.metric("checks_succeeded").as_deref(),
        Some("75.00% 6 out of 8")
    );
    assert!(said.stdout.contains("✗ even"), "{}", said.stdout);
    assert!(said.stdout.contains("✓ whole"), "{}", said.stdout);
}

#[test]
fn conditions_run_in_the_order_of_their_names_and_may_wait() {
    let printed = iteration_prints(
        r#"
        local function told(name) return function() sleep("1ms") print(name) return true end end
        print(check(nil, { c = told "c", a = told "a", b = told "b" }))
        "#,
    );
    assert_eq!(printed, "a\nb\nc\ntrue\n");
}

#[test]
fn a_condition_that_raises_has_failed_and_is_reported() {
    let script = "function default()\n  print(check(nil, { good = true, bad = function() local x = nil + 1 end }))\nend";
    let said = run(script).args(["--no-summary"]).said().exits(0);
    assert_eq!(said.stdout, "false\n");
    assert!(
        said.stderr.starts_with("error: the check 'bad' raised: script.lua:2: attempt to perform arithmetic on a nil value"),
        "{}",
        said.stderr
    );
}

#[test]
fn each_misuse_of_check_is_reported() {
    for (call, message) in [
        (
            "check(1)",
            "check: argument 2: expected a table of named checks, as in check(value, { [\"status is 200\"] = function(r) return r.status == 200 end }), got nil",
        ),
        (
            "check(1, { true })",
            "check: a check's name: expected a string, as in { [\"status is 200\"] = function(r) return r.status == 200 end }, got 1",
        ),
        (
            "check(1, { true, a = true })",
            "check: a check's name: expected a string, as in { [\"status is 200\"] = function(r) return r.status == 200 end }, got 1",
        ),
        (
            "check(1, { a = true }, 7)",
            "check: argument 3 (tags): expected a table of tags, got 7",
        ),
        (
            "check(1, { a = true }, { [1] = 'x' })",
            "check: argument 3 (tags): a tag's name must be a string, got 1",
        ),
    ] {
        assert_eq!(
            iteration_raises(call),
            format!("error: script.lua:1: {message}"),
            "{call}"
        );
    }
}
