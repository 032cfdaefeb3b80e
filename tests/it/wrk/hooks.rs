use super::{count, printed, target, url, wrk};

#[test]
fn each_function_gets_the_arguments_of_wrk() {
    let target = target();
    let url = url(&target, "/echo?a=b");
    let script = r#"
        print("start", wrk.scheme, wrk.host, type(wrk.port), wrk.method, wrk.path, wrk.body, next(wrk.headers))
        local n = 0
        function setup(thread) print("setup", tostring(thread.addr) == wrk.host .. ":" .. wrk.port) end
        function init(args) print("init", args[0] == URL, #args, args[1], args[2]) end
        function delay() return 1 end
        function request()
            n = n + 1
            return wrk.format("POST", "/echo", { ["X-Number"] = n }, "body " .. n)
        end
        function response(status, headers, body)
            local echo = json.decode(body)
            print(status, headers["content-type"], echo.method, echo.headers["x-number"], echo.body)
            if n == 2 then wrk.thread:stop() end
        end
        function done(summary, latency, requests)
            print("done", summary.requests, summary.duration > 0, summary.bytes > 0, summary.errors.status, #requests)
        end
    "#;
    let script = format!("URL = '{url}'\n{script}");
    let said = wrk(&url, &script)
        .args(["one", "--", "--two"])
        .said()
        .exits(0);
    let start = "start\thttp\t127.0.0.1\tstring\tGET\t/echo?a=b\tnil\tnil";
    assert_eq!(
        printed(&said),
        [
            start,
            start,
            "setup\ttrue",
            "init\ttrue\t2\tone\t--two",
            "200\tapplication/json\tPOST\t1\tbody 1",
            "200\tapplication/json\tPOST\t2\tbody 2",
            "done\t2\ttrue\ttrue\t0\t1",
        ]
    );
    assert_eq!(said.stderr, "");
}

#[test]
fn the_table_wrk_defines_the_request_without_a_function() {
    let target = target();
    let script = r#"
        wrk.method, wrk.body = "PUT", "a=b"
        wrk.headers["Content-Type"] = "x/y"
        function init() wrk.path = "/echo?from=init" end
        function response(_, _, body)
            local echo = json.decode(body)
            print(echo.method, echo.query.from, echo.headers["content-type"], echo.headers["content-length"], echo.body)
            wrk.thread:stop()
        end
    "#;
    let said = wrk(&url(&target, "/nowhere"), script).said().exits(0);
    assert_eq!(printed(&said), ["PUT\tinit\tx/y\t3\ta=b"]);
}

#[test]
fn wrk_format_takes_missing_arguments_from_the_table() {
    let target = target();
    let script = r#"
        local function show(text) print((text:gsub("\r\n", "|"))) end
        function init()
            wrk.headers = { ["Content-Length"] = 99 }
            wrk.host, wrk.port = "::1", "81"
            show(wrk.format())
            show(wrk.format("POST", "/x", { host = "own" }, "12345"))
            wrk.headers, wrk.port = { Host = "all" }, nil
            show(wrk.format(nil, "/y", {}))
            for _, wrong in ipairs { { headers = 1 }, { body = true }, { headers = { [true] = 1 } } } do
                print((select(2, pcall(wrk.format, nil, nil, wrong.headers, wrong.body)):gsub("^[^ ]*lua:%d+: ", "")))
            end
            show(wrk.format("POST", "/z", nil, 12))
            print(pcall(wrk.connect, "x"))
            error("enough", 0)
        end
    "#;
    let said = wrk(&url(&target, "/"), script).said().exits(107);
    assert_eq!(
        printed(&said),
        [
            "GET / HTTP/1.1|Host: [::1]:81||",
            "POST /x HTTP/1.1|host: own|Content-Length: 5||12345",
            "GET /y HTTP/1.1|Host: all||",
            "wrk.format: argument 3 (headers): expected a table, got 1",
            "wrk.format: argument 4 (body): expected a string, got true",
            "wrk.format: the name of a header must be a string, got true",
            "POST /z HTTP/1.1|Host: all|Content-Length: 2||12",
            "false\tscript.lua:14: wrk.connect: address: expected an address from wrk.lookup, got \"x\"",
        ]
    );
    assert!(
        said.stderr.starts_with("error: enough\n"),
        "{}",
        said.stderr
    );
}

#[test]
fn figures_of_done_are_in_microseconds_and_can_be_iterated() {
    let target = target();
    let script = r"
        local n = 0
        function response(status) n = n + 1 if n == 5 then wrk.thread:stop() end end
        function done(summary, latency, requests)
            local count, last = 0, 0
            for i = 1, #latency do
                local value, times = latency(i)
                assert(value > last) last = value
                count = count + times
            end
            print(count, latency.min >= 20000, latency.max == last, latency:percentile(100) == last)
            print(latency.min <= latency.mean and latency.mean <= latency.max, latency.stdev >= 0)
            print(latency(#latency + 1), requests.min, summary.errors.timeout)
        end
    ";
    let said = wrk(&url(&target, "/delay/20ms"), script).said().exits(0);
    assert_eq!(printed(&said)[..2], ["5\ttrue\ttrue\ttrue", "true\ttrue"]);
}

#[test]
fn errors_of_a_function_are_shown_once_and_counted_and_the_load_continues() {
    let target = target();
    let script = r#"
        local n = 0
        function delay() if n == 1 then return "soon" end return 0 end
        function response()
            n = n + 1
            if n == 4 then wrk.thread:stop() end
            error("oops")
        end
        function done(summary) print(summary.requests, summary.errors.script) end
    "#;
    let said = wrk(&url(&target, "/health"), script).said().exits(0);
    assert_eq!(printed(&said), ["4\t5"]);
    assert!(
        said.stdout.contains("  Script errors: 5\n"),
        "{}",
        said.stdout
    );
    let first: Vec<&str> = said
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(
        first,
        [
            "error: script.lua:7: oops",
            "error: delay: must return milliseconds, a number from 0, got \"soon\"",
            "error: 3 more times: script.lua:7: oops",
        ]
    );
}

#[test]
fn without_a_request_the_load_exits_with_1() {
    let target = target();
    for (third, message) in [
        ("error('no more')", "script.lua:4: no more"),
        (
            "return nil",
            "request: must return the bytes of a request, such as wrk.format returns, got nil",
        ),
        (
            "return 'GET / HTTP/1.1\\r\\n'",
            "what request() returned cannot be sent: it ends in the middle of a request: a blank line or a part of the \
             body is missing",
        ),
    ] {
        let script = format!(
            "local n = 0
            function request()
                n = n + 1
                if n == 3 then {third} end
                return wrk.format()
            end
            function done(summary) print(summary.requests, summary.errors.script) end"
        );
        let said = wrk(&url(&target, "/health"), &script).said().exits(1);
        assert_eq!(printed(&said), ["2\t1"]);
        let error = format!("error: {message}\n");
        assert!(said.stderr.starts_with(&error), "{}", said.stderr);
    }
}

#[test]
fn os_exit_ends_the_load_of_all_threads_with_its_code() {
    let target = target();
    let done = "function done(summary) print('done', summary.errors.script) end";
    for (script, code) in [
        (
            "function request() n = n + 1 if n == 3 then os.exit(9) end return wrk.format() end",
            9,
        ),
        (
            "function response() n = n + 1 if n == 2 then pcall(os.exit, false) end end",
            1,
        ),
        (
            "function response() n = n + 1 if n == 2 then os.exit() end end",
            0,
        ),
        (
            "function delay() n = n + 1 if n == 2 then os.exit(256 + 4) end end",
            4,
        ),
    ] {
        let said = wrk(&url(&target, "/health"), &format!("n = 0 {script} {done}"))
            .instead_of("-t1", "-t2")
            .instead_of("-c1", "-c4")
            .said()
            .exits(code);
        assert_eq!(said.stderr, "");
        assert_eq!(printed(&said), ["done\t0"]);
    }
    let script = format!("function event() os.exit(2) end {done}");
    let said = wrk(&url(&target, "/.sse?n=9&interval=1ms"), &script);
    assert_eq!(printed(&said.said().exits(2)), ["done\t0"]);
}

#[test]
fn os_exit_outside_of_the_load_sets_the_exit_code() {
    let target = target();
    let url = url(&target, "/health");
    for script in [
        "os.exit(5)",
        "function setup() os.exit(5) end",
        "function init() os.exit(5) end",
    ] {
        let said = wrk(&url, script).said().exits(5);
        assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    }
    for (done, code) in [("os.exit(3)", 3), ("os.exit(true)", 0)] {
        let script =
            format!("function response() wrk.thread:stop() end function done() {done} end");
        let said = wrk(&url, &script).said().exits(code);
        assert_eq!(count(&said, "requests"), 1);
        assert_eq!(said.stderr, "");
    }
}

#[test]
fn an_error_outside_of_the_load_ends_it() {
    let target = target();
    let url = url(&target, "/health");
    for (script, message) in [
        ("error('at once')", "script.lua:1: at once"),
        (
            "function setup() error('in setup') end",
            "script.lua:1: in setup",
        ),
        (
            "function init() error('in init') end",
            "script.lua:1: in init",
        ),
        (
            "wrk.path = 'a b c\\r\\n'",
            "the table wrk does not describe a request: it is not an HTTP request",
        ),
        (
            "wrk.method = nil",
            "wrk.format: wrk.method: expected a string, got nil",
        ),
        (
            "wrk.headers = nil",
            "wrk.format: wrk.headers: expected a table, got nil",
        ),
        (
            "wrk.body = {}",
            "wrk.format: wrk.body: expected a string, got table",
        ),
        (
            "wrk.port = true",
            "wrk.format: wrk.port: expected a number, got true",
        ),
        ("wrk.init = nil", "wrk.init must remain a function, got nil"),
        ("wrk = nil", "the global wrk must remain a table, got nil"),
        ("function request(", "script.lua:1: "),
    ] {
        let said = wrk(&url, script).said().exits(107);
        assert!(
            said.stderr.starts_with(&format!("error: {message}")),
            "{}",
            said.stderr
        );
        assert_eq!(said.stdout, "");
    }
    let script = "function response() wrk.thread:stop() end function done() error('in done') end";
    let said = wrk(&url, script).said().exits(107);
    assert!(
        said.stderr.starts_with("error: script.lua:1: in done\n"),
        "{}",
        said.stderr
    );
    assert_eq!(count(&said, "requests"), 1);
}

#[test]
fn a_script_has_modules_files_and_libraries() {
    let target = target();
    let script = r#"
        local own = require "lib.own"
        function init()
            local file = assert(io.open("lib/own.lua"))
            print(own.name, #file:read("*a") > 5, dofile("lib/own.lua").name, type(os.time()), cjson == nil)
            print(json.encode({ 1 }), pcall(require, "ffi"))
            for line in io.lines("paths.txt") do io.write(line, " ") end
            io.write("\n")
            print(select(2, pcall(sleep, 1)))
        end
        function response() print(select(2, pcall(sse.open, "http://x", print))) wrk.thread:stop() end
    "#;
    let said = wrk(&url(&target, "/health"), script)
        .file("lib/own.lua", "return { name = 'own' }")
        .file("paths.txt", "/a\n/b\n")
        .said()
        .exits(0);
    let printed = printed(&said);
    assert_eq!(printed[0], "own\ttrue\town\tnumber\ttrue");
    assert!(printed[1].starts_with("[1]\tfalse\t"), "{printed:?}");
    assert_eq!(printed[2], "/a /b ");
    assert!(
        printed[3].contains("sleep: cannot be used in the init stage"),
        "{printed:?}"
    );
    assert_eq!(
        printed[4],
        "script.lua:11: sse.open: cannot be used in scripts of `ssel wrk`, whose functions cannot wait; scripts of \
         `ssel run` can"
    );
}

#[test]
fn a_function_may_be_replaced_during_the_load() {
    let target = target();
    let script = r"
        function request() request = second return wrk.format(nil, '/status/201') end
        function second() return wrk.format(nil, '/status/202') end
        local n = 0
        function response(status) n = n + 1 print(status) if n == 3 then wrk.thread:stop() end end
    ";
    let said = wrk(&url(&target, "/"), script).said().exits(0);
    assert_eq!(printed(&said), ["201", "202", "202"]);
}
