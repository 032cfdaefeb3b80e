use crate::support::ssel::{init_raises, iteration_prints, iteration_raises, run};

#[test]
fn env_reads_the_scenario_then_the_flags_then_the_process() {
    let script = r#"
        options = { scenarios = { s = { executor = "per-vu-iterations", env = { A = "scenario" } } } }
        if exec.vu.id_in_test == 0 then print(env.A, env.B, env.C, env.D) end
        function default() print(env.A, env.B, env.C, env.D, os.getenv("A")) end
    "#;
    let said = run(script)
        .args(["--no-summary", "-e", "A=flag", "-e", "B=x=y"])
        .env("A", "process")
        .env("C", "process")
        .said()
        .exits(0);
    assert_eq!(
        said.stdout,
        "flag\tx=y\tprocess\tnil\nscenario\tx=y\tprocess\tnil\tscenario\n"
    );
}

#[test]
fn a_variable_that_is_not_utf_8_is_read_unchanged() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let script = "function default() print(#env.ODD, env.ODD == '\\255x', #os.getenv('ODD')) end";
    let ssel = run(script).args(["--no-summary"]);
    let mut command = ssel.command();
    let odd = OsStr::from_bytes(b"\xffx");
    command.env("ODD", odd).env("SSEL_ODD", odd).env(odd, "1");
    let said = crate::support::ssel::said(command.spawn().unwrap()).exits(0);
    assert_eq!(
        (said.stdout.as_str(), said.stderr.as_str()),
        ("2\ttrue\t2\n", "")
    );

    let mut command = ssel.command();
    command.env("SSEL_VUS", odd);
    let said = crate::support::ssel::said(command.spawn().unwrap()).exits(104);
    assert!(said.stderr.contains("SSEL_VUS"), "{}", said.stderr);
}

#[test]
fn env_cannot_be_written() {
    assert_eq!(
        iteration_raises("env.A = 'x'"),
        "error: script.lua:1: env: cannot be written; give variables with -e NAME=value"
    );
}

#[test]
fn open_reads_a_file_beside_the_script_only_in_init() {
    let script = "local text, bytes = open('a/b.txt'), open('a/b.txt', 'b')\nfunction default() print(#text, text == bytes) end";
    let said = run(script)
        .file("a/b.txt", b"a\0\xff")
        .args(["--no-summary"])
        .said()
        .exits(0);
    assert_eq!(said.stdout, "3\ttrue\n");
    assert_eq!(
        iteration_raises("open('script.lua')"),
        "error: script.lua:1: open: only works in the init stage: read the file at the script's top level, once, before the load"
    );
    assert_eq!(
        init_raises("open('none.txt')"),
        "error: script.lua:1: open: cannot read none.txt: No such file or directory (os error 2)"
    );
    assert_eq!(
        init_raises("open('/dev/zero')"),
        "error: script.lua:1: open: cannot read /dev/zero: it is a device; name a file"
    );
    assert_eq!(
        init_raises("open('x', 'r')"),
        "error: script.lua:1: open: argument 2: expected \"b\" or nothing, got \"r\""
    );
    assert_eq!(
        init_raises("open()"),
        "error: script.lua:1: open: argument 1 (path): expected a string, got nil"
    );
}

#[test]
fn print_and_io_write_go_to_stdout_and_io_stderr_to_stderr() {
    let script = r#"
        function default()
            print("three", 3, nil, true, 1.5)
            print()
            io.write("no ", "line ", 1, "\n")
            io.stdout:write("a"):write("b\n")
            io.stderr:write("warning\n")
            print(io.stdout:flush(), io.stdout:setvbuf("no"))
            print("tail\0" .. setmetatable({}, { __tostring = function() return "mine" end }) )
        end
    "#;
    let script = script.replace(
        " .. setmetatable({}, { __tostring = function() return \"mine\" end }) )",
        ", setmetatable({}, { __tostring = function() return \"mine\" end }))",
    );
    let said = run(&script).args(["--no-summary"]).said().exits(0);
    assert_eq!(
        said.stdout,
        "three\t3\tnil\ttrue\t1.5\n\nno line 1\nab\nnil\ttrue\ntail\0\tmine\n"
    );
    assert_eq!(said.stderr, "warning\n");
}

#[test]
fn io_write_takes_strings_and_numbers_only() {
    assert_eq!(
        iteration_raises("io.write({})"),
        "error: script.lua:1: io.write: each argument: expected a string or number, got a table"
    );
}

#[test]
fn the_harmless_functions_of_os_exist() {
    let printed = iteration_prints(
        "print(type(os.time()), type(os.clock()), type(os.date('%Y')), os.difftime(3, 1), os.getenv('NO_SUCH_VARIABLE'))",
    );
    assert_eq!(printed, "number\tnumber\tstring\t2\tnil\n");
}

#[test]
fn each_vu_has_its_own_random_numbers_which_a_seed_repeats() {
    let script = "options = { scenarios = { a = { executor = 'per-vu-iterations', vus = 3 } } }\n\
                  function default() print(math.random(1e9)) end";
    let numbers = |seed: &str| {
        let said = run(script)
            .args(["--no-summary", "--seed", seed])
            .said()
            .exits(0);
        let mut lines: Vec<String> = said.stdout.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), 3, "{}", said.stdout);
        lines
    };
    assert_eq!(numbers("7"), numbers("7"));
    assert_ne!(numbers("7"), numbers("8"));
}

#[test]
fn target_url_returns_the_same_server_for_all_vus() {
    let script = r#"
        options = { vus = 2, iterations = 2 }
        local base = target.url()
        function setup() return base end
        function default(data)
            print(data == base, base == target.url("/"), target.url("/x?y") == base .. "x?y")
        end
    "#;
    assert_eq!(
        run(script).said().exits(0).printed(),
        "true\ttrue\ttrue\ntrue\ttrue\ttrue"
    );
    assert_eq!(
        iteration_raises("target.url('x')"),
        "error: script.lua:1: target.url: the path must begin with '/', got 'x'"
    );
}

#[test]
fn lua_libraries_exist_however_they_are_first_accessed() {
    for (body, printed) in [
        (r#"print(("x"):rep(3), ("%d"):format(7))"#, "xxx\t7\n"),
        (
            "getmetatable('').__index.twice = function(s) return s .. s end \
             print(('a'):twice(), string.twice('b'), ('c'):upper())",
            "aa\tbb\tC\n",
        ),
        (
            "print(package.loaded.table == table, require('string') == string, package.loaded._G == _G)",
            "true\ttrue\ttrue\n",
        ),
        (
            "print(string.dump, string.nothing, package.loaded.sse, package.loaded.require)",
            "nil\tnil\tnil\tnil\n",
        ),
        (
            "print(coroutine.wrap(function() sleep(0) return coroutine.running() ~= nil end)())",
            "true\n",
        ),
        (
            "string = { upper = 7 } print(('a'):lower(), string.upper)",
            "a\t7\n",
        ),
        (
            "print(table.concat({ 1, 2 }, '-'), select('#', print()))",
            "\n1-2\t0\n",
        ),
    ] {
        assert_eq!(iteration_prints(body), printed, "{body}");
    }
}
