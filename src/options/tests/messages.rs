//! The words of complaints: each names the option, the value, where it was set, and the remedy.

use serde_json::json;

use super::*;

#[test]
fn of_single_values() {
    insta::assert_snapshot!(complaints(json!({
        "vuss": 3,
        "noConnectionReuse": true,
        "rps": 10,
        "vus": 0,
        "seed": "abc",
        "setup_timeout": "30",
        "teardown_timeout": 1e18,
        "min_iteration_duration": {"seconds": 5},
        "no_setup": "yes",
        "tags": {"a": {}},
        "user_agent": "a\nb",
        "http_version": 3,
        "hosts": {"example.com": "localhost"},
        "tls_auth": {"cert": "a.pem"},
        "proxy": "socks5://x",
        "summary_trend_stats": ["avg", "p(101)"],
        "summary_time_unit": "h",
        "arrival": "gamma",
    })), @"");
}

#[test]
fn of_text_from_flags_and_variables() {
    let layers = [
        flags([("vus", "ten"), ("duration", "5")]),
        environment("SSEL_MAX_REDIRECTS", "0.5"),
        environment("SSEL_NO_SETUP", "maybe"),
        environment("SSEL_TAGS", "team"),
        environment("SSEL_THRESHOLDS", "{"),
    ];
    insta::assert_snapshot!(resolve(&layers).unwrap_err(), @"");
}

#[test]
fn of_loads() {
    let all = [
        json!({"iterations": 3, "vus": 10}),
        json!({"duration": "500ms"}),
        json!({"duration": -1}),
        json!({"stages": []}),
        json!({"stages": ["5s"]}),
        json!({"stages": ["5s:x", {"duration": "5s"}, {"duration": 1, "target": 0.5, "to": 1}, 7]}),
        json!({"stages": ["0s:5"]}),
        json!({"stages": ["5s:0"], "vus": 0}),
    ];
    let all: Vec<_> = all.into_iter().map(complaints).collect();
    insta::assert_snapshot!(all.join("\n"), @"");
}

#[test]
fn of_scenarios() {
    insta::assert_snapshot!(complaints(json!({"scenarios": {
        "a b": {"executor": "constant-vus", "duration": "5s"},
        "b": {},
        "c": {"executor": "constant_vus"},
        "d": {"executor": "fast"},
        "e": {"executor": "constant-vus", "rate": 5, "gracefulStop": "1s", "what": 1},
        "f": {"executor": "constant-arrival-rate", "rate": 0, "time_unit": "10us"},
        "g": {"executor": "constant-arrival-rate", "rate": 1, "duration": "5s", "pre_allocated_vus": 5, "max_vus": 2},
        "h": {"executor": "ramping-arrival-rate", "stages": ["5s:0"], "pre_allocated_vus": 0},
        "i": {"executor": "ramping-vus", "start_vus": 0, "stages": ["5s:0"], "exec": ""},
        "j": {"executor": "shared-iterations", "vus": 5},
        "k": {"executor": "per-vu-iterations", "vus": 1000, "iterations": 9_000_000_000_000_000_u64},
        "l": 5,
    }})), @"");
}

#[test]
fn of_a_value_inside_that_another_layer_set() {
    let script =
        script(json!({"scenarios": {"a": {"executor": "constant-vus", "duration": "5s"}}}));
    let mut flags = Layer::new();
    flags.set_inside(
        &["scenarios", "a", "vus"],
        -5,
        Origin::Flag("--vus-of-a".to_owned()),
    );
    insta::assert_snapshot!(resolve(&[script, flags]).unwrap_err(), @"");
}

#[test]
fn every_problem_has_a_stable_kind_and_its_place() {
    let error = resolve(&[script(json!({"vuss": 1, "vus": 0, "seed": "x"}))]).unwrap_err();
    let kinds: Vec<_> = error
        .problems()
        .iter()
        .map(|p| (p.kind(), p.option()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("unknown_option", "vuss"),
            ("out_of_range", "vus"),
            ("wrong_type", "seed")
        ]
    );
    assert_eq!(
        error.problems()[0].origin(),
        Some(&Origin::Script("a.lua".to_owned()))
    );
    assert_eq!(error.kind(), "unknown_option");
}
