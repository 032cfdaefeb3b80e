use crate::support::ssel::{prints, run};

#[test]
fn every_vu_and_teardown_get_a_copy_of_the_result_of_setup() {
    let script = r#"
        options = { vus = 2, iterations = 2 }
        function setup() return { n = 1, list = { 1, 2, { deep = true } }, none = json.null, text = "a\0b" } end
        local function show(where, data)
            print(where, data.n, #data.list, data.list[3].deep, data.none == json.null, #data.text)
            data.n = data.n + 1
        end
        function default(data) show("default", data) end
        function teardown(data) show("teardown", data) end
    "#;
    let printed = prints(script);
    // Each VU has its own copy: a VU that ran twice counted in its copy, and teardown sees neither.
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 3, "{printed}");
    assert!(
        lines[..2]
            .iter()
            .all(|line| line.ends_with("\t3\ttrue\ttrue\t3")),
        "{printed}"
    );
    assert_eq!(lines[2], "teardown\t1\t3\ttrue\ttrue\t3");
}

#[test]
fn a_vu_keeps_its_globals_from_one_iteration_to_the_next() {
    let script = r"
        options = { iterations = 3 }
        local count = 0
        function default(data)
            count = count + 1
            data.seen = (data.seen or 0) + 1
            print(count, data.seen)
        end
        function setup() return {} end
    ";
    assert_eq!(prints(script), "1\t1\n2\t2\n3\t3\n");
}

#[test]
fn without_setup_the_data_is_nil() {
    assert_eq!(prints("function default(data) print(data) end"), "nil\n");
}

#[test]
fn a_value_that_cannot_be_copied_is_named_with_its_path() {
    for (value, message) in [
        (
            "{ user = { callback = print } }",
            "it contains a function at user.callback",
        ),
        ("{ 1, coroutine.create(print) }", "cannot be copied"),
        ("metrics.counter", "it contains a function\n"),
        (
            "(function() local t = {} t.t = t return t end)()",
            "cannot be copied",
        ),
    ] {
        let script = format!("function setup() return {value} end\nfunction default() end");
        let said = run(&script).said().exits(107);
        assert!(said.stderr.contains(message), "{value}: {}", said.stderr);
        assert!(
            said.stderr.starts_with(
                "error: the return value of setup cannot be copied to the VUs: it contains "
            ),
            "{}",
            said.stderr
        );
    }
}
