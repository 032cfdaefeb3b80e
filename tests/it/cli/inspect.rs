use crate::support::ssel::{Said, Ssel};

const SCRIPT: &str = r#"
print("in init")
options = {
    scenarios = { chat = { executor = "ramping-vus", stages = { "90s:10" }, exec = "chat" } },
    thresholds = { checks = "rate>0.9" },
}
function setup() error("not called") end
function chat() error("not called") end
"#;

fn inspect(script: &str, flags: &[&str]) -> Said {
    Ssel::new()
        .file("s.lua", script)
        .file("c.toml", "seed = 5\nmax_redirects = 2\n")
        .args(["inspect", "s.lua"])
        .args(flags.iter().copied())
        .said()
}

fn json(said: &Said) -> serde_json::Value {
    serde_json::from_str(&said.stdout).unwrap()
}

#[test]
fn inspect_describes_a_run_without_starting_it() {
    let said = inspect(SCRIPT, &[]).exits(0);
    assert_eq!(said.stderr, "in init\n");
    let found = json(&said);
    let own = |key: &str| found[key].clone();
    assert_eq!(own("script"), "s.lua");
    assert_eq!(own("exports"), serde_json::json!(["chat", "setup"]));
    assert_eq!(own("max_vus"), 10);
    assert_eq!(own("max_duration"), "2m0s");
    assert_eq!(own("max_duration_seconds"), 120.0);
    let options = own("options");
    assert_eq!(options["scenarios"]["chat"]["graceful_ramp_down"], "30s");
    assert_eq!(options["thresholds"]["checks"][0]["threshold"], "rate>0.9");
    assert_eq!(options["connect_timeout"], "30s");
}

#[test]
fn inspect_reads_every_source_of_options() {
    let said = Ssel::new()
        .file("c.toml", "seed = 5\nmax_redirects = 2\n")
        .args(["inspect", "-", "-c", "c.toml", "-u", "3", "--tag", "a=b"])
        .env("SSEL_SEED", "6")
        .stdin("options = { duration = '2s' } function default() end")
        .said()
        .exits(0);
    let found = json(&said);
    let options = &found["options"];
    assert_eq!(found["script"], "stdin");
    assert_eq!(options["scenarios"]["default"]["vus"], 3);
    assert_eq!(options["scenarios"]["default"]["duration"], "2s");
    assert_eq!(
        (&options["seed"], &options["max_redirects"]),
        (&6.into(), &2.into())
    );
    assert_eq!(options["tags"]["a"], "b");
}

#[test]
fn inspected_options_work_as_a_config_file() {
    let found = json(&inspect(SCRIPT, &["--summary-time-unit", "ms"]).exits(0));
    let again = Ssel::new()
        .file("all.json", found["options"].to_string())
        .file("s.lua", "function chat() end")
        .args(["inspect", "s.lua", "-c", "all.json"])
        .said()
        .exits(0);
    assert_eq!(json(&again)["options"], found["options"]);
}

#[test]
fn inspect_fails_on_the_same_mistakes_as_a_run() {
    for (script, code, message) in [
        (
            "options = { vuss = 1 } function default() end",
            104,
            "`vuss` is not an option",
        ),
        (
            "options = { thresholds = { nope = 'rate>1' } } function default() end",
            104,
            "nope",
        ),
        (
            "options = { ca = 'none.pem' } function default() end",
            104,
            "none.pem",
        ),
        ("function defualt() end", 107, "did you mean defualt?"),
        ("error('no')", 107, "s.lua:1: no"),
        ("local = 1", 107, "s.lua:1:"),
    ] {
        let said = inspect(script, &[]).exits(code);
        assert_eq!(said.stdout, "");
        assert!(said.stderr.contains(message), "{}", said.stderr);
    }
}
