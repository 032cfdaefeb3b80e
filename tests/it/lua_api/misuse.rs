use crate::support::ssel::{iteration_raises, run};

#[test]
fn an_argument_of_the_wrong_type_is_told_in_words_of_lua() {
    for (call, message) in [
        (
            "os.getenv({})",
            "os.getenv: argument 1 (name): expected a string, got a table",
        ),
        (
            "require({})",
            "require: argument 1 (name): expected a string, got a table",
        ),
        (
            "json.array(7)",
            "json.array: argument 1: expected a table or nothing, got 7",
        ),
        (
            "json.decode()",
            "json.decode: argument 1 (text): expected a string, got nil",
        ),
        (
            "require('cjson').decode({})",
            "json.decode: argument 1 (text): expected a string, got a table",
        ),
        (
            "exec.test.abort({})",
            "exec.test.abort: argument 1 (message): expected a string, got a table",
        ),
        (
            "exec.test.fail(print)",
            "exec.test.fail: argument 1 (message): expected a string, got a function",
        ),
        (
            "print(env[nil])",
            "env: a variable's name: expected a string, got nil",
        ),
        (
            "print(exec.vu.tags[nil])",
            "exec.vu.tags: a tag's name: expected a string, got nil",
        ),
        (
            "print(exec.test[nil])",
            "exec.test: the field: expected a string, got nil",
        ),
        (
            "io.stderr.write('x')",
            "io.stderr:write: the file: expected the file; call it with a colon, got \"x\"",
        ),
        (
            "sleep(1e300)",
            "sleep: argument 1 (seconds): expected seconds as a number, or a duration such as \"150ms\" or \"1m30s\", got 1e300",
        ),
        // Where a function leaves the check to the library below, its words are ours all the same.
        (
            "require('cjson').encode_max_depth('x')",
            "encode_max_depth: argument 1: expected a number, got a string",
        ),
    ] {
        assert_eq!(
            iteration_raises(call),
            format!("error: script.lua:1: {message}"),
            "{call}"
        );
    }
}

#[test]
fn a_traceback_has_the_frames_of_the_script_and_no_inner_ones() {
    let script = "local function pause()\n  sleep({})\nend\nfunction default()\n  pause()\nend";
    let said = run(script).args(["--no-summary"]).said().exits(0);
    let frames: Vec<&str> = said.stderr.lines().skip(1).collect();
    assert_eq!(
        frames,
        [
            "    script.lua:2: in upvalue 'pause'",
            "    script.lua:5: in function 'default'"
        ]
    );
    // A C function that the script itself has called by its name is one of its frames.
    let script = "function default()\n  table.sort({ 2, 1 }, function() sleep(1) end)\nend";
    let said = run(script).args(["--no-summary"]).said().exits(0);
    let frames: Vec<&str> = said.stderr.lines().skip(1).collect();
    assert_eq!(
        frames,
        [
            "    script.lua:2: in function <script.lua:2>",
            "    [C]: in function 'table.sort'",
            "    script.lua:2: in function 'default'"
        ]
    );
}
