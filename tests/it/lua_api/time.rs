use crate::support::ssel::{init_raises, iteration_prints, iteration_raises, run};

#[test]
fn sleep_accepts_seconds_or_a_duration() {
    let printed = iteration_prints(
        r#"
        local start = now()
        sleep(0.02) sleep("20ms") sleep(0)
        local slept = now() - start
        assert(slept >= 0.04 and slept < 5, slept)
        print(sleep(0))
        "#,
    );
    assert_eq!(printed, "\n");
}

#[test]
fn an_invalid_pause_is_refused() {
    for (value, message) in [
        ("'soon'", "sleep: argument 1 (seconds): "),
        (
            "-1",
            "sleep: argument 1 (seconds): expected seconds as a number, or a duration such as \"150ms\" or \"1m30s\", got -1",
        ),
        ("0/0", "sleep: argument 1 (seconds): expected seconds"),
        ("math.huge", "sleep: argument 1 (seconds): expected seconds"),
        ("", "sleep: argument 1 (seconds): expected seconds"),
        (
            "{}",
            "sleep: argument 1 (seconds): expected seconds as a number, or a duration such as \"150ms\" or \"1m30s\", got a table",
        ),
    ] {
        let said = iteration_raises(&format!("sleep({value})"));
        assert!(
            said.starts_with(&format!("error: script.lua:1: {message}")),
            "{value}: {said}"
        );
    }
}

#[test]
fn sleep_is_refused_in_init() {
    assert_eq!(
        init_raises("sleep(1)"),
        "error: script.lua:1: sleep: cannot be used in the init stage (the script's top level): call it in setup or default"
    );
}

#[test]
fn now_has_a_resolution_below_a_microsecond() {
    let printed = iteration_prints(
        r#"
        local least = math.huge
        for _ = 1, 10000 do
            local a = now()
            local b = now()
            assert(b >= a, "it goes back")
            if b > a then least = math.min(least, b - a) end
        end
        assert(least < 1e-6, least)
        "#,
    );
    assert_eq!(printed, "");
}

#[test]
fn now_is_the_same_clock_for_all_vus() {
    let script = r#"
        function setup() return now() end
        function default(before) assert(now() >= before and now() - before < 30) print("later") end
    "#;
    assert_eq!(run(script).said().exits(0).printed(), "later");
}

#[test]
fn fail_ends_only_the_iteration() {
    let script = "options = { iterations = 2 }\nfunction default()\n  fail('no stream')\n  print('never')\nend";
    let said = run(script).said().exits(0);
    assert!(
        said.stderr.starts_with("error: script.lua:3: no stream\n"),
        "{}",
        said.stderr
    );
    assert_eq!((said.printed(), said.count("iterations")), ("", 2));
    assert_eq!(
        iteration_raises("fail()"),
        "error: script.lua:1: the iteration failed"
    );
    assert!(iteration_prints("print(pcall(fail, 'caught'))").ends_with("caught\n"));
}
