//! Errors suggest what was probably meant.

use crate::support::ssel::{Ssel, run};

/// The whole message about an invalid command line.
#[track_caller]
fn refused(args: &[&str]) -> String {
    let said = Ssel::new().args(args.iter().copied()).said().exits(104);
    assert_eq!(said.stdout, "");
    said.stderr
}

#[test]
fn flags_of_other_programs_name_their_equivalents() {
    for (args, tip) in [
        (
            &["run", "--rps", "10", "s.lua"][..],
            "tip: write a rate as a scenario of the script: executor = \"constant-arrival-rate\"",
        ),
        (
            &["run", "--http-debug=full", "s.lua"],
            "tip: print the response in the script",
        ),
        (
            &["-q", "run", "--no-usage-report", "s.lua"],
            "tip: omit it: ssel sends no usage reports",
        ),
        (
            &["run", "--max-duration", "5s", "s.lua"],
            "tip: set max_duration in a scenario",
        ),
        (
            &["llm", "--save-result", "http://h"],
            "tip: use --out vllm=FILE",
        ),
        (
            &["eval", "--rps", "10", "x()"],
            "tip: write a rate as a scenario",
        ),
        (
            &["llm", "--request-rate", "5", "http://h"],
            "tip: use --rate R",
        ),
        (
            &["llm", "--api-key=x", "http://h"],
            "tip: use --bearer-env NAME",
        ),
        (
            &["wrk", "--method", "POST", "http://h"],
            "tip: set it in a script: wrk.method = \"POST\"",
        ),
        (
            &["llm", "--isl", "512", "http://h"],
            "tip: use --input-len N",
        ),
        (&["serve", "--port", "9000"], "tip: use --addr HOST:PORT"),
        // Other names get the usual suggestion.
        (
            &["run", "--durations", "1s", "s.lua"],
            "tip: a similar argument exists: '--duration'",
        ),
    ] {
        let said = refused(args);
        assert!(said.contains(tip), "{args:?}: {said}");
        assert_eq!(said.matches("tip:").count(), 1, "{args:?}: {said}");
    }
}

#[test]
fn a_script_or_a_url_without_a_command_proposes_one() {
    for (word, tip) in [
        ("script.lua", "tip: to run a script: ssel run script.lua"),
        ("tests/a.lua", "tip: to run a script: ssel run tests/a.lua"),
        ("k6.js", "tip: scripts are Lua: docs/lua/from-k6.md"),
        (
            "http://h/",
            "tip: to load a URL: ssel wrk URL; to benchmark an LLM server: ssel llm URL",
        ),
        ("rnu", "tip: a similar subcommand exists: 'run'"),
    ] {
        let said = refused(&[word]);
        assert!(said.contains(tip), "{word}: {said}");
    }
}

#[test]
fn a_script_of_another_program_is_recognized() {
    let k6 = "import http from 'k6/http';\nexport default function () { http.get('http://h'); }\n";
    for name in ["k6.js", "k6.lua"] {
        let said = Ssel::new()
            .file(name, k6)
            .args(["run", "-q", name])
            .said()
            .exits(107);
        assert!(
            said.stderr.contains("docs/lua/from-k6.md"),
            "{}",
            said.stderr
        );
    }
    let wrk = "wrk.method = 'POST'\n";
    let said = Ssel::new()
        .file("w.lua", wrk)
        .args(["run", "-q", "w.lua"])
        .said()
        .exits(107);
    assert!(
        said.stderr
            .contains("this is a script for ssel wrk: run it with ssel wrk -s FILE URL"),
        "{}",
        said.stderr
    );
    let wrk = "function request() end function response() end";
    let said = Ssel::new()
        .file("w.lua", wrk)
        .args(["run", "-q", "w.lua"])
        .said()
        .exits(107);
    assert!(
        said.stderr.contains("run it with ssel wrk -s FILE URL"),
        "{}",
        said.stderr
    );
    // And the reverse; the port is open, so that the script is read.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let said = Ssel::new()
        .file("s.lua", "function default() end")
        .args(["wrk", "-s", "s.lua", &url])
        .said();
    assert!(said.stderr.contains("s.lua has a function default, so it is a script for ssel run: run it with ssel run s.lua"), "{}", said.stderr);
}

#[test]
fn misspelt_exports_are_reported_before_the_load() {
    for (script, name, meant) in [
        ("option = { vus = 2 }", "option", "options"),
        ("function teardwon() end", "teardwon", "teardown"),
        (
            "function handleSummary() end",
            "handleSummary",
            "handle_summary",
        ),
    ] {
        let said = run(&format!("{script} function default() end"))
            .args(["--no-summary"])
            .said()
            .exits(0);
        assert_eq!(
            said.stderr,
            format!(
                "warning: the script defines `{name}`, which ssel does not use: did you mean `{meant}`?\n"
            )
        );
    }
    // Functions that scenarios call, and known exports, are not misspelt.
    let script = "options = { scenarios = { a = { executor = 'shared-iterations', exec = 'setups' } } } \
                  function setups() end function setup() end function set_default() end function default() end";
    let said = run(script).args(["--no-summary"]).said().exits(0);
    assert_eq!(said.stderr, "");
}

#[test]
fn a_config_file_in_another_format_explains_what_to_write() {
    for (path, says) in [
        (
            "c.yaml",
            "YAML is not supported: write the options as TOML or JSON",
        ),
        ("c.lua", "set options in the script itself"),
    ] {
        let said = run("function default() end")
            .file(path, "vus: 5\n")
            .args(["-c", path])
            .said()
            .exits(104);
        assert!(said.stderr.contains(says), "{}", said.stderr);
    }
}

#[test]
fn a_timeout_in_milliseconds_is_refused_with_a_question() {
    for (script, place) in [
        (
            "options = { connect_timeout = 60000 } function default() end",
            "`connect_timeout` (script script.lua): ",
        ),
        (
            "function default() http.get('http://127.0.0.1:1/', { timeout = 60000 }) end",
            "http.get: timeout: ",
        ),
    ] {
        let said = run(script).args(["--no-summary"]).said();
        let says = format!(
            "{place}60000 is in seconds, 16h40m0s: write \"60000ms\" for milliseconds, or \"60000s\" for seconds"
        );
        assert!(said.stderr.contains(&says), "{}", said.stderr);
    }
}

#[test]
fn stages_may_be_separated_by_commas() {
    let said = Ssel::new()
        .file("s.lua", "function default() end")
        .args(["inspect", "-s", "1s:2, 2s:4", "--stage", "1s:0", "s.lua"])
        .said()
        .exits(0);
    let found: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let stages = &found["options"]["scenarios"]["default"]["stages"];
    assert_eq!(stages.as_array().unwrap().len(), 3, "{stages}");
}

#[test]
fn variables_that_a_command_ignores_cause_a_warning() {
    for args in [
        &["wrk", "http://127.0.0.1:1"][..],
        &["llm", "http://127.0.0.1:1"],
    ] {
        let said = Ssel::new()
            .env("SSEL_VUS", "5")
            .env("SSEL_MINE", "x")
            .args(args.iter().copied())
            .said();
        let command = args[0];
        assert!(
            said.stderr.starts_with(&format!(
                "warning: the environment variable SSEL_VUS has no effect: it is an option of ssel run, and ssel {command} has flags only\n"
            )) && !said.stderr.contains("SSEL_MINE"),
            "{}",
            said.stderr
        );
    }
}
