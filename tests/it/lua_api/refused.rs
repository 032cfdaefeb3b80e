use crate::support::ssel::{iteration_prints, iteration_raises};

#[test]
fn bytecode_is_never_loaded() {
    let printed = iteration_prints(
        r#"
        print(load("\27LJ\2\0"))
        print(loadstring("\27LJ\2\0"))
        print(load("\27LJ\2\0", "name", "b"))
        print(load("return 1 + 1")(), loadstring("return ...")(7))
        print(load(function() return nil end))
        "#,
    );
    let lines: Vec<&str> = printed.lines().collect();
    for line in &lines[..3] {
        assert!(
            line.starts_with("nil\t") && line.contains("wrong mode"),
            "{line}"
        );
    }
    assert_eq!(lines[3], "2\t7");
}

#[test]
fn functions_that_affect_the_system_do_not_exist() {
    let printed = iteration_prints(
        "print(dofile, loadfile, newproxy, gcinfo, jit, ffi, string.dump, package.loadlib)",
    );
    assert_eq!(printed, "nil\tnil\tnil\tnil\tnil\tnil\tnil\tnil\n");
}

#[test]
fn missing_functions_of_a_library_explain_why() {
    for (call, message) in [
        (
            "os.exit(1)",
            "os.exit is not available: ssel keeps scripts from changing the machine; exec.test.abort ends a run",
        ),
        ("os.execute('ls')", "os.execute is not available: "),
        (
            "io.open('x')",
            "io.open is not available: read files with open(path) in the init stage",
        ),
        ("io.popen('ls')", "io.popen is not available: "),
        (
            "debug.getregistry()",
            "debug.getregistry is not available: ",
        ),
    ] {
        let said = iteration_raises(call);
        assert!(
            said.starts_with(&format!("error: script.lua:1: {message}")),
            "{call}: {said}"
        );
    }
}

#[test]
fn a_stream_exposes_no_pointers() {
    let printed = iteration_prints(
        r#"
        local stream = sse.connect(target.url("/.sse?interval=1ms"))
        for key in pairs(stream) do assert(key == "status" or key == "headers", key) end
        stream:close()
        print(stream.response.status, getmetatable(metrics), ffi)
        "#,
    );
    assert_eq!(printed, "200\tfalse\tnil\n");
}

#[test]
fn an_error_through_pcall_is_plain_text() {
    let printed = iteration_prints(
        r#"
        local ok, message = pcall(sleep, "soon")
        print(ok, type(message))
        local ok, message = xpcall(function() sleep("soon") end, function(m) return type(m) .. " handled" end)
        print(ok, message)
        local ok, message = xpcall(function() error("x", 0) end, debug.traceback)
        print(ok, message:match("^x\nstack traceback:") ~= nil)
        print(select('#', pcall(function() return nil, nil end)))
        "#,
    );
    assert_eq!(
        printed,
        "false\tstring\nfalse\tstring handled\nfalse\ttrue\n3\n"
    );
}
