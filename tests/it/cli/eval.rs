use std::io::{BufRead, BufReader};

use crate::support::ssel::{Said, Ssel, said};

fn eval(chunk: &str, flags: &[&str]) -> Said {
    Ssel::new()
        .args(["eval", chunk])
        .args(flags.iter().copied())
        .said()
}

#[test]
fn a_chunk_runs_once_and_only_what_it_prints_is_shown() {
    let chunk = "sse.open(target.url('/.sse?n=3&interval=1ms'), function(c) \
                 c:on('event', function(e) print(e.id) end) end) -- and that is all";
    let said = eval(chunk, &[]).exits(0);
    assert_eq!((&*said.stdout, &*said.stderr), ("0\n1\n2\n", ""));
}

#[test]
fn a_chunk_takes_the_flags_of_a_run() {
    let said = eval("print(env.A)", &["-e", "A=b"]).exits(0);
    assert_eq!(said.stdout, "b\n");
    let said = eval("print(1)", &["--summary-mode", "compact"]).exits(0);
    assert!(said.metric("iterations").is_some(), "{}", said.stdout);
    assert_eq!(said.stderr, "");
    let said = eval("print(1)", &["-u", "0"]).exits(104);
    assert!(
        said.stderr.contains("`vus` cannot be 0 (--vus)"),
        "{}",
        said.stderr
    );
}

#[test]
fn with_a_flag_for_load_a_chunk_is_a_load_test() {
    let said = eval("local x = 1", &["-u", "2", "-i", "6"]).exits(0);
    assert_eq!(said.count("iterations"), 6);
    assert!(said.stderr.contains("script: eval"), "{}", said.stderr);
    // As for any load, thresholds decide, not errors of iterations.
    let said = eval("error('no')", &["-i", "2", "-q"]).exits(0);
    assert!(
        said.stderr.contains("error: once more: eval:1: no"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_chunk_that_raises_has_a_failing_exit_code() {
    let said = eval("local x\nerror('no')", &[]).exits(107);
    assert_eq!(said.stdout, "");
    assert!(
        said.stderr.starts_with("error: eval:2: no\n"),
        "{}",
        said.stderr
    );
    eval("exec.test.abort('enough')", &[]).exits(108);
    eval("exec.test.fail('bad')", &[]).exits(110);
}

#[test]
fn a_chunk_ends_when_its_reader_closes_the_pipe() {
    let ssel = Ssel::new().args(["eval", "while true do print('more') sleep(0.001) end"]);
    let mut child = ssel.command().spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "more\n");
    assert_eq!(said(child).exits(0).stderr, "");
}

#[test]
fn syntax_errors_refer_to_the_chunk() {
    for (chunk, code, message) in [
        (
            "print(",
            107,
            "error: eval:1: unexpected symbol near '<eof>'\n",
        ),
        (
            "end print(1) do",
            107,
            "error: eval:1: '<eof>' expected near 'end'\n",
        ),
        (
            " ",
            104,
            "error: eval is empty; it needs a statement, such as print(now())\n",
        ),
    ] {
        let said = eval(chunk, &[]).exits(code);
        assert_eq!((&*said.stdout, &*said.stderr), ("", message));
    }
}

#[test]
fn a_chunk_that_defines_default_is_a_whole_script() {
    let script = "options = { iterations = 2 } function default() print('x') end";
    assert_eq!(eval(script, &[]).exits(0).stdout, "x\nx\n");
    let module =
        "return { default = function(data) print(data) end, setup = function() return 7 end }";
    assert_eq!(eval(module, &[]).exits(0).stdout, "7\n");
}
