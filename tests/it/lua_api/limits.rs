use crate::support::ssel::{iteration_prints, run};

#[test]
fn a_script_that_holds_too_much_gets_an_error_and_the_run_goes_on() {
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
    assert_eq!(said.count("iterations"), 2);
}

#[test]
fn the_memory_error_can_be_caught_and_says_the_same() {
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
