use super::refusal;
use crate::support::ssel::run;

const SCRIPT: &str = "function default() end";

#[test]
fn all_mistakes_are_reported_together_each_with_its_origin() {
    let ssel = run("options = { setup_timeout = 'soon', tagss = {} } function default() end")
        .file("c.toml", "max_redirects = -1\n")
        .env("SSEL_SUMMARY_MODE", "loud")
        .args(["-c", "c.toml", "--vus", "many", "-s", "10", "--seed", "x"]);
    insta::assert_snapshot!(refusal(&ssel), @r#"
    error: `tagss` is not an option (script script.lua): did you mean `tags`?
    error: `vus` cannot be "many" (--vus): use a whole number from 1 to 1000000
    error: `stages[1]` (--stage): "10" is not a stage: write DURATION:TARGET, as in "30s:10"
    error: `seed` cannot be "x" (--seed): use a whole number from 0 to 9007199254740992
    error: `setup_timeout` (script script.lua): "soon" is not a duration: write a number with its unit, such as "150ms", "1m30s" or "2h"
    error: `max_redirects` cannot be -1 (config file c.toml): use a whole number from 0 to 1000
    error: `summary_mode` cannot be "loud" (environment variable SSEL_SUMMARY_MODE): use "compact", "full" or "disabled"
    "#);
}

/// For each option, a text that it refuses in every source.
const BAD: &str = "-1";

#[test]
fn every_option_is_checked_before_any_request_is_sent() {
    // Options that accept any text need another type of value.
    let any_text = ["user_agent", "ca", "no_proxy"];
    let keys: Vec<&str> = ssel::internals::KEYS.iter().map(|key| key.name).collect();
    let script = "function setup() print('a request') end function default() end";
    let lines =
        |format: &dyn Fn(&str) -> String| keys.iter().map(|key| format(key)).collect::<String>();

    let toml = lines(&|key| format!("{key} = {BAD}\n"));
    let lua = lines(&|key| format!("{key} = {BAD}, "));
    let own = format!("options = {{ {lua} }} {script}");
    let environment = keys.iter().fold(run(script), |ssel, key| {
        ssel.env(&format!("SSEL_{}", key.to_uppercase()), BAD)
    });
    for (ssel, origin, text_only) in [
        (
            run(script).file("c.toml", toml).args(["-c", "c.toml"]),
            "config file c.toml",
            false,
        ),
        (run(&own), "script script.lua", false),
        (environment, "environment variable SSEL_", true),
    ] {
        let said = refusal(&ssel);
        assert!(
            said.lines().all(|line| line.starts_with("error: `")),
            "{said}"
        );
        for key in keys
            .iter()
            .filter(|key| !(text_only && any_text.contains(*key)))
        {
            // Of several loads, only the one that applies is checked.
            let told = said
                .lines()
                .any(|line| line.contains(&format!("`{key}")) && line.contains(origin));
            assert!(told, "{origin} {key}: {said}");
        }
    }
}

#[test]
fn a_bad_value_of_a_flag_is_reported_with_the_name_of_the_flag() {
    for (flag, value) in [
        ("--vus", "0"),
        ("-d", "-1s"),
        ("--duration", "1e18"),
        ("--iterations", "NaN"),
        ("--stage", "10"),
        ("--seed", "1e18"),
        ("--min-iteration-duration", "-1"),
        ("--max-redirects", "-1"),
        ("--user-agent", "a\nb"),
        ("--summary-trend-stats", "p(101)"),
        ("--summary-time-unit", "h"),
        ("--summary-mode", ""),
    ] {
        let said = refusal(&run(SCRIPT).args([flag, value]));
        let long = if flag == "-d" { "--duration" } else { flag };
        assert!(
            said.starts_with("error: `")
                && said.contains(&format!("({long})"))
                && said.lines().count() == 1,
            "{flag} {value}: {said}"
        );
    }
}

#[test]
fn overridden_values_are_not_checked() {
    run("options = { vus = 'many', iterations = 0 } function default() end")
        .env("SSEL_SEED", "x")
        .args(["--no-summary", "--vus", "2", "-i", "2", "--seed", "1"])
        .said()
        .exits(0);
}

#[test]
fn other_flags_are_checked_too() {
    for (flags, message) in [
        (
            ["--workers", "0"],
            "error: --workers cannot be \"0\": use a whole number from 1 to 1024\n",
        ),
        (
            ["--workers", "x"],
            "error: --workers cannot be \"x\": use a whole number from 1 to 1024\n",
        ),
        (
            ["--tag", "x"],
            "error: --tag cannot be \"x\": use NAME=VALUE\n",
        ),
        (
            ["--tag", "=x"],
            "error: --tag cannot be \"=x\": use NAME=VALUE\n",
        ),
        (
            ["-e", "x"],
            "error: --env cannot be \"***\": use NAME=VALUE\n",
        ),
    ] {
        assert_eq!(refusal(&run(SCRIPT).args(flags)), message);
    }
}

#[test]
fn an_unusable_config_file_is_named() {
    let with = |path: &str| {
        refusal(
            &run(SCRIPT)
                .file("bad.toml", "vus = ")
                .file("bad.json", "{")
                .file("list.json", "[1]")
                .args(["-c", path]),
        )
    };
    assert_eq!(
        with("none.json"),
        "error: the config file none.json cannot be used: No such file or directory (os error 2)\n"
    );
    for path in ["bad.toml", "bad.json", "list.json"] {
        let said = with(path);
        assert!(said.contains(path), "{said}");
    }
}

#[test]
fn a_misspelt_variable_causes_a_warning() {
    let said = run(SCRIPT)
        .args(["--no-summary"])
        .env("SSEL_VUSS", "2")
        .env("SSEL_MY_OWN", "x")
        .said()
        .exits(0);
    assert_eq!(
        said.stderr,
        "warning: the environment variable SSEL_VUSS is not an option and is ignored: did you mean SSEL_VUS?\n"
    );
}

#[test]
fn contradicting_options_are_both_named() {
    let said = refusal(&run(
        "options = { duration = '1s', stages = { '1s:1' } } function default() end",
    ));
    assert!(
        said.contains("duration") && said.contains("stages"),
        "{said}"
    );
    let said = refusal(&run(
        "options = { vus = 2, scenarios = { a = { executor = 'shared-iterations' } } } function default() end",
    ));
    assert!(said.contains("vus") && said.contains("scenarios"), "{said}");
}

#[test]
fn options_must_be_a_table_of_plain_values() {
    for options in ["7", "'x'", "{ tags = { a = print } }", "{ vus = { 1 } }"] {
        let said = refusal(&run(&format!("options = {options} function default() end")));
        assert!(said.contains("script.lua"), "{options}: {said}");
    }
}

#[test]
fn results_and_the_summary_cannot_share_standard_output() {
    for (flag, what) in [
        ("--summary-export", "the summary"),
        ("--report", "the report"),
        ("--save", "the saved run"),
    ] {
        let ssel = run(SCRIPT).args([flag, "-"]);
        assert_eq!(
            refusal(&ssel),
            format!(
                "error: cannot write {what} to -: standard output has other text; name a file, or ./- for one of that name\n"
            )
        );
    }
}

#[test]
fn a_list_that_contains_names_is_reported_with_its_path() {
    let script = "options = { thresholds = { checks = { 'rate>0.5', abort = true } } } function default() end";
    let said = run(script).said().exits(104);
    assert_eq!(
        said.stderr,
        "error: script.lua: `options` cannot contain the key [1] beside names (tables here are either lists or have only names) at thresholds.checks\n"
    );
}
