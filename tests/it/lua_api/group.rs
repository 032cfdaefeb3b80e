use crate::support::ssel::{iteration_prints, iteration_raises, run};

#[test]
fn a_group_returns_what_its_function_returns() {
    assert_eq!(
        iteration_prints("print(group('g', function() sleep(0) return 1, nil, 3 end))"),
        "1\tnil\t3\n"
    );
}

#[test]
fn groups_tag_their_samples_with_the_whole_path() {
    let script = r#"
        options = { thresholds = {
            ["checks{group:::outer}"] = "rate==1", ["checks{group:::outer::inner}"] = "rate==0",
            ["group_duration{group:::outer::inner}"] = "count==1", ["group_duration{group:::outer}"] = "count==1",
            ["http_reqs{group:::outer}"] = "count==1", ["checks{group:::setup}"] = "rate==1",
        } }
        function setup() check(1, { s = true }) end
        function default()
            group("outer", function()
                check(1, { a = true })
                group("inner", function() check(1, { b = false }) end)
                sse.open(target.url("/.sse?n=1"), function() end)
                check(1, { c = true })
            end)
            check(1, { d = false })
        end
    "#;
    run(script).said().exits(0);
}

#[test]
fn an_error_leaves_the_group_and_is_passed_on() {
    let script = r#"
        options = { thresholds = { ["checks{group:::g}"] = "rate==0", checks = "rate==0.5", group_duration = "count==0" } }
        function default()
            print(pcall(group, "g", function() check(1, { a = false }) error("out", 0) end))
            check(1, { b = true })
        end
    "#;
    let said = run(script).said();
    assert_eq!(said.printed(), "false\tout");
    assert!(
        said.stdout.contains("checks_succeeded...: 50.00%"),
        "{}",
        said.stdout
    );
    assert!(
        !said.stdout.contains("group_duration..."),
        "{}",
        said.stdout
    );
}

#[test]
fn each_misuse_of_group_is_reported() {
    for (call, message) in [
        (
            "group('a')",
            "group: argument 2: expected a function, got nil",
        ),
        (
            "group(nil, print)",
            "group: argument 1 (name): expected a string, got nil",
        ),
        (
            "group('a::b', print)",
            "group: a name may not contain '::', which separates nested groups",
        ),
    ] {
        assert_eq!(
            iteration_raises(call),
            format!("error: script.lua:1: {message}"),
            "{call}"
        );
    }
}
