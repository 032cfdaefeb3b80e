use crate::support::ssel::{iteration_prints, iteration_raises, run};

#[test]
fn a_script_that_uses_too_much_memory_gets_an_error_and_the_run_continues() {
    let script = r#"
        options = { iterations = 2 }
        function default()
            local t = {}
            for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end
        end
    "#;
    let said = run(script).said().exits(0);
    assert!(
        said.stderr
            .starts_with("error: not enough memory: the Lua state of a VU may hold 64 MiB"),
        "{}",
        said.stderr
    );
    // Compiled code has no line, but its function has.
    assert!(
        said.stderr
            .contains("\n    script.lua: in function <script.lua:3>\n"),
        "{}",
        said.stderr
    );
    assert_eq!(said.count("iterations"), 2);
}

#[test]
fn the_memory_error_can_be_caught_with_the_same_message() {
    let printed = iteration_prints(
        r#"
        local ok, message = pcall(function() return ("x"):rep(200e6) end)
        print(ok, type(message), message:find("not enough memory", 1, true) ~= nil)
        collectgarbage()
        print(#("x"):rep(1e6))
        "#,
    );
    assert_eq!(printed, "false\tstring\ttrue\n1000000\n");
}

#[test]
fn the_memory_error_names_the_line_if_known() {
    for body in [
        "local s = ('x'):rep(1e8)",
        "sleep(0.001) local s = ('x'):rep(1e8)",
        "spawn(function() return ('x'):rep(1e8) end):wait()",
        "sse.open(target.url('/.sse?n=1'), function(c) c:on('event', function() return ('x'):rep(1e8) end) end)",
    ] {
        let said = iteration_raises(body);
        let expected = "error: script.lua:1: not enough memory: the Lua state";
        assert!(said.starts_with(expected), "{body}: {said}");
    }
    // The function that finds the line is not accessible.
    let script = "options = { iterations = 2 } function default() \
                  if exec.scenario.iteration_in_test == 1 then print(pcall(function() return debug.getlocal end)) end \
                  return ('x'):rep(1e8) end";
    let said = run(script).said().exits(0);
    assert!(
        said.stdout.contains("debug.getlocal is not available"),
        "{}",
        said.stdout
    );
}

#[test]
fn shared_data_may_be_larger_than_a_vu() {
    let script = r#"
        local d = data.shared("big", function()
            local t = {}
            for i = 1, 100 do t[i] = ("x"):rep(1e6) end
            return t
        end)
        function default() print(#d, #d[100]) end
    "#;
    assert_eq!(run(script).said().exits(0).printed(), "100\t1000000");
}
