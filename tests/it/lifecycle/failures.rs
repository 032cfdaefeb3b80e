use crate::support::ssel::run;

#[test]
fn an_error_in_init_ends_the_run_with_line_and_traceback() {
    let said = run("local function f()\n  error('no good')\nend\nf()\n")
        .said()
        .exits(107);
    insta::assert_snapshot!(said.stderr, @"
    error: script.lua:2: no good
        script.lua:2: in local 'f'
        script.lua:4: in main chunk
    ");
    assert_eq!(said.stdout, "");
}

#[test]
fn a_syntax_error_names_file_and_line() {
    let said = run("local x = 1\nlocal = 2\n").said().exits(107);
    assert!(
        said.stderr.starts_with("error: script.lua:2: "),
        "{}",
        said.stderr
    );
}

#[test]
fn an_error_in_setup_ends_the_run_before_the_load() {
    let script = "function setup() error('no database') end\nfunction default() print('never') end\n\
                  function teardown() print('never') end";
    let said = run(script).said().exits(107);
    assert!(
        said.stderr
            .starts_with("error: script.lua:1: no database\n"),
        "{}",
        said.stderr
    );
    assert_eq!(said.stdout, "");
}

#[test]
fn an_error_in_the_init_stage_of_a_vu_ends_the_run() {
    let script = "options = { vus = 2, iterations = 2 }\nif exec.vu.id_in_test == 2 then error('not this one') end\n\
                  function default() end";
    let said = run(script).said().exits(107);
    assert!(
        said.stderr.contains("script.lua:2: not this one"),
        "{}",
        said.stderr
    );
}

#[test]
fn an_error_in_teardown_fails_the_run_but_shows_the_summary() {
    let script = "function default() end\nfunction teardown() error('too late') end";
    let said = run(script).said().exits(107);
    assert!(
        said.stderr.starts_with("error: script.lua:2: too late\n"),
        "{}",
        said.stderr
    );
    assert_eq!(said.count("iterations"), 1);
}

#[test]
fn an_error_in_every_iteration_is_shown_once_and_counted() {
    let script = "options = { iterations = 20 }\nlocal function inner()\n  error('boom')\nend\n\
                  function default() inner() end";
    let said = run(script).said().exits(0);
    insta::assert_snapshot!(said.stderr, @"
    error: script.lua:3: boom
        script.lua:3: in upvalue 'inner'
        script.lua:5: in function 'default'
    error: 19 more times: script.lua:3: boom
    warning: 20 of 20 iterations raised an error, so the figures say little about the server; the first: script.lua:3: boom
    ");
    // A failed iteration is an iteration.
    assert_eq!(said.count("iterations"), 20);
}

#[test]
fn an_error_value_other_than_text_is_shown() {
    for (value, shown) in [
        ("{}", "script.lua:1: {}"),
        (
            "{ why = 'full', code = 503, { 1, 2 } }",
            "script.lua:1: { code = 503, why = \"full\", { 1, 2 } }",
        ),
        ("nil", "nil"),
        (
            "setmetatable({}, { __tostring = function() return 'mine' end })",
            "mine",
        ),
    ] {
        let said = run(&format!("function default() error({value}) end"))
            .said()
            .exits(0);
        assert!(
            said.stderr.starts_with("error: ") && said.stderr.contains(shown),
            "{value}: {}",
            said.stderr
        );
    }
}

#[test]
fn a_yield_outside_of_a_coroutine_fails_the_iteration() {
    let script = "options = { iterations = 2 }\nfunction default()\n  coroutine.yield(1)\nend";
    let said = run(script).said().exits(0);
    assert!(
        said.stderr
            .contains("attempt to yield from outside a coroutine"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("once more"), "{}", said.stderr);
    assert_eq!(said.count("iterations"), 2);
}

#[test]
fn runaway_recursion_fails_the_iteration() {
    let said = run("local function f() return 1 + f() end\nfunction default() f() end")
        .said()
        .exits(0);
    assert!(said.stderr.contains("stack overflow"), "{}", said.stderr);
}

#[test]
fn abort_ends_the_load_but_runs_teardown_and_summary() {
    let script = r#"
        options = { vus = 2, duration = "1m" }
        function default()
            if exec.vu.id_in_test == 2 then sleep(60) end
            pcall(exec.test.abort, "enough")
            print("never")
        end
        function teardown() print("teardown") end
    "#;
    let said = run(&script.replace(
        "pcall(exec.test.abort, \"enough\")",
        "exec.test.abort('enough')",
    ))
    .said()
    .exits(108);
    assert_eq!(said.printed(), "teardown");
    assert!(
        said.stderr.contains("the run was aborted: enough"),
        "{}",
        said.stderr
    );
    assert!(said.stdout.contains("TOTAL RESULTS"), "{}", said.stdout);
    // Catching the error does not cancel the abort.
    let said = run(script).said().exits(108);
    assert!(said.stdout.contains("teardown\n"), "{}", said.stdout);
}

#[test]
fn abort_works_in_every_stage() {
    for (stage, script) in [
        ("init", "exec.test.abort('so') function default() end"),
        (
            "the init stage of a VU",
            "if exec.vu.id_in_test > 0 then exec.test.abort('so') end function default() end",
        ),
        (
            "setup",
            "function setup() exec.test.abort('so') end function default() end",
        ),
        (
            "teardown",
            "function teardown() exec.test.abort('so') end function default() end",
        ),
        (
            "a check",
            "function default() check(1, { a = function() exec.test.abort('so') end }) end",
        ),
        (
            "a handler",
            "function default() sse.open(target.url('/.sse?interval=1ms'), function(c) \
                       c:on('event', function() exec.test.abort('so') end) end) end",
        ),
    ] {
        let said = run(script).said().exits(108);
        assert!(said.stderr.contains("so"), "{stage}: {}", said.stderr);
    }
}

#[test]
fn a_run_marked_as_failed_continues_to_its_end() {
    let script = "options = { iterations = 3 }\nfunction default() exec.test.fail('not good') end";
    let said = run(script).said().exits(110);
    assert_eq!(
        said.stderr,
        "error: the run was marked as failed: not good\n"
    );
    assert_eq!(said.count("iterations"), 3);
}

#[test]
fn a_crossed_threshold_exits_with_99() {
    let script = "options = { thresholds = { iterations = 'count>5' } }\nfunction default() end";
    let said = run(script).said().exits(99);
    assert_eq!(
        said.stderr,
        "error: thresholds on these metrics were crossed: iterations\n"
    );
}

#[test]
fn the_memory_of_a_failed_iteration_is_free_for_the_next() {
    let script = r#"
        options = { iterations = 2 }
        function default()
            if exec.scenario.iteration_in_test == 0 then
                local t = {}
                for i = 1, 1e7 do t[i] = ("x"):rep(1000) .. i end
            end
            print("fine")
        end
    "#;
    let said = run(script).args(["--no-summary"]).said().exits(0);
    assert_eq!(said.stdout, "fine\n");
    assert!(said.stderr.contains("not enough memory"), "{}", said.stderr);
}

/// Runs with a resource limit of the shell.
#[cfg(target_os = "linux")]
fn limited(ssel: &crate::support::ssel::Ssel, limit: &str) -> crate::support::ssel::Said {
    let own = ssel.command();
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &format!("ulimit {limit}; exec \"$0\" \"$@\"")]);
    command.arg(own.get_program()).args(own.get_args());
    command.current_dir(ssel.folder());
    command.stdout(std::process::Stdio::piped());
    command.stderr(std::process::Stdio::piped());
    crate::support::ssel::said(command.spawn().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_without_enough_memory_ends_with_its_result() {
    let script = "options = { vus = 50, duration = '10m' } local keep = {} \
                  function default() keep[#keep + 1] = ('x'):rep(500000) .. #keep sleep(0.02) end \
                  function teardown() print('torn down') end";
    let said = limited(&run(script).args(["--workers", "2"]), "-v 1500000").exits(1);
    assert!(
        said.stderr.starts_with("error: memory ran short"),
        "{said:?}"
    );
    assert!(said.stderr.contains("(ulimit -v)"), "{said:?}");
    assert!(said.stdout.contains("torn down"), "{said:?}");
    assert!(said.stdout.contains("TOTAL RESULTS"), "{said:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn too_few_open_files_are_reported_in_one_line() {
    let said = limited(&run("function default() end"), "-n 10").exits(1);
    assert!(
        said.stderr.starts_with("error: cannot start")
            && said.stderr.contains("ulimit -n")
            && said.stderr.lines().count() == 1,
        "{said:?}"
    );
    assert_eq!(said.stdout, "");
    let script = "local url = target.url('/') function default() end";
    for limit in 5..14 {
        let said = limited(&run(script), &format!("-n {limit}"));
        assert!(!said.stderr.contains("fault of ssel"), "{limit}: {said:?}");
    }
}

#[test]
fn equal_tables_count_as_the_same_error() {
    let script =
        "options = { iterations = 5 }\nfunction default()\n  assert(false, { code = 3 })\nend";
    let said = run(script).said().exits(0);
    assert!(
        said.stderr
            .starts_with("error: script.lua:3: { code = 3 }\n"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr
            .contains("error: 4 more times: script.lua:3: { code = 3 }\n"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_caught_table_is_the_raised_one() {
    let script = r##"
        function default()
            local raised = { code = 3 }
            local ok, caught = pcall(error, raised)
            print(ok, caught == raised, getmetatable(caught))
            print(select(2, pcall(error, "at level 1")), select(2, pcall(error, "at no level", 0)))
            local function here() error("there", 2) end
            print(select(2, pcall(function() here() end)))
            print(select("#", assert(1, 2, 3)), select(2, pcall(assert, nil)))
        end
    "##;
    let said = run(script).args(["--no-summary"]).said().exits(0);
    assert_eq!(
        said.stdout,
        "false\ttrue\tnil\nat level 1\tat no level\nscript.lua:8: there\n3\tassertion failed!\n"
    );
}
