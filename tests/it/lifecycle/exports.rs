use crate::support::ssel::{prints, run};

#[test]
fn a_script_that_returns_a_table_exports_only_that_table() {
    let script = r#"
        function default() print("the global") end
        return { default = function() print("the member") end, options = { iterations = 2 } }
    "#;
    assert_eq!(prints(script), "the member\nthe member\n");
}

#[test]
fn a_script_that_returns_nothing_exports_its_globals() {
    assert_eq!(
        prints("options = { iterations = 2 }\nfunction default() print('the global') end"),
        "the global\nthe global\n"
    );
}

#[test]
fn another_return_value_of_a_script_is_an_error() {
    let said = run("return 7").said().exits(107);
    assert_eq!(
        said.stderr,
        "error: the script returned 7; it must return a table of its exports, or nothing to export its globals\n"
    );
}

#[test]
fn a_missing_default_function_is_reported_with_the_most_similar_name() {
    let said = run("function defualt() end").said().exits(107);
    assert_eq!(
        said.stderr,
        "error: script.lua does not export the function default, which iterations call; did you mean defualt?\n"
    );
    let said = run("local x = 1").said().exits(107);
    assert!(
        said.stderr.contains("write function default() … end"),
        "{}",
        said.stderr
    );
}

#[test]
fn functions_of_ssel_and_lua_are_not_exports() {
    let script =
        "options = { scenarios = { a = { executor = 'per-vu-iterations', exec = 'print' } } }";
    let said = run(script).said().exits(107);
    assert!(
        said.stderr.contains("does not export the function print"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_scenario_calls_the_function_it_names() {
    let script = r#"
        options = { scenarios = {
            a = { executor = "per-vu-iterations", exec = "read" },
            b = { executor = "per-vu-iterations", exec = "write", start_time = "20ms" },
        } }
        function read() print("read " .. exec.scenario.name) end
        function write() print("write " .. exec.scenario.name) end
    "#;
    // Which of the two is reported first depends on the threads.
    let printed = prints(script);
    let mut lines: Vec<&str> = printed.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["read a", "write b"]);
}

#[test]
fn the_top_level_runs_once_for_the_script_and_once_for_each_vu() {
    let script = r#"
        options = { vus = 3, iterations = 9 }
        io.write("init of ", exec.vu.id_in_test, "\n")
        function default() end
    "#;
    let printed = prints(script);
    let mut lines: Vec<&str> = printed.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["init of 0", "init of 1", "init of 2", "init of 3"]);
}

#[test]
fn setup_runs_once_before_the_load_and_teardown_once_after_it() {
    let script = r#"
        options = { vus = 2, iterations = 4 }
        function setup() print("setup") end
        function default() print("default") end
        function teardown() print("teardown") end
    "#;
    assert_eq!(
        prints(script),
        "setup\ndefault\ndefault\ndefault\ndefault\nteardown\n"
    );
}

#[test]
fn setup_and_teardown_are_optional() {
    let script = r#"
        function setup() error("never") end
        function default(data) print(data) end
        function teardown() error("never") end
    "#;
    let said = run(script)
        .args(["--no-setup", "--no-teardown", "--no-summary"])
        .said()
        .exits(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("nil\n", ""));
}

#[test]
fn setup_and_teardown_may_wait_and_open_streams() {
    let script = r#"
        local function read(where)
            sleep("1ms")
            local res = sse.open(target.url("/.sse?n=2&interval=1ms"), function() end)
            print(where, res.status, res.events)
        end
        function setup() read("setup") end
        function default() read("default") end
        function teardown() read("teardown") end
    "#;
    assert_eq!(
        prints(script),
        "setup\t200\t2\ndefault\t200\t2\nteardown\t200\t2\n"
    );
}
