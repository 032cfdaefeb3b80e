//! Every key with every odd value: the result is a value or an error, never a panic.

use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;

/// The odd values. Null is not one of them: it counts as unset.
fn odd() -> [(&'static str, Value); 9] {
    [
        ("0", json!(0)),
        ("-1", json!(-1)),
        ("1e18", json!(1e18)),
        ("0.5", json!(0.5)),
        ("text", json!("")),
        ("true", json!(true)),
        ("{}", json!({})),
        ("[]", json!([])),
        ("[[]]", json!([[]])),
    ]
}

/// The odd values that a key accepts; all others are errors.
fn taken(key: &str) -> &'static [&'static str] {
    match key {
        "seed" | "max_redirects" | "start_vus" => &["0"],
        "min_iteration_duration"
        | "dns_ttl"
        | "start_time"
        | "graceful_stop"
        | "graceful_ramp_down"
        | "start_rate" => &["0", "0.5"],
        "setup_timeout" | "teardown_timeout" | "connect_timeout" | "time_unit" | "rate"
        | "burstiness" | "speed" => &["0.5"],
        "tags" | "hosts" | "env" | "thresholds" | "ca" | "no_proxy" => &["{}", "[]"],
        "user_agent" => &["text"],
        "no_setup"
        | "no_teardown"
        | "no_thresholds"
        | "insecure_skip_tls_verify"
        | "no_connection_reuse"
        | "no_vu_connection_reuse"
        | "no_cookies_reset" => &["true"],
        _ => &[],
    }
}

#[test]
fn top_level_keys_accept_only_valid_values() {
    for key in KEYS {
        for (name, value) in odd() {
            check(key.name, name, &json!({key.name: value}), key.name);
        }
        assert_eq!(
            resolved(json!({key.name: null})),
            Options::default(),
            "{} = null",
            key.name
        );
    }
}

#[test]
fn scenario_keys_accept_only_valid_values() {
    let stages = json!(["5s:1"]);
    for scenario in [
        json!({"executor": "constant-vus", "vus": 1, "duration": "5s"}),
        json!({"executor": "ramping-vus", "start_vus": 1, "stages": stages, "graceful_ramp_down": 1}),
        json!({"executor": "shared-iterations", "vus": 1, "iterations": 1, "max_duration": "5s"}),
        json!({"executor": "per-vu-iterations", "vus": 1, "iterations": 1, "max_duration": "5s"}),
        json!({
            "executor": "constant-arrival-rate", "rate": 1, "time_unit": "1s", "duration": "5s",
            "pre_allocated_vus": 1, "max_vus": 2, "arrival": "poisson", "burstiness": 2, "iterations": 3,
        }),
        json!({
            "executor": "ramping-arrival-rate", "start_rate": 1, "time_unit": "1s", "stages": stages,
            "pre_allocated_vus": 1, "max_vus": 2, "arrival": "poisson", "burstiness": 2, "iterations": 3,
        }),
        json!({
            "executor": "replay", "data": [0, 0.5, "1s"], "speed": 2, "duration": "5s", "iterations": 3,
            "pre_allocated_vus": 1, "max_vus": 2,
        }),
    ] {
        let mut scenario = scenario;
        for common in ["exec", "start_time", "graceful_stop", "env", "tags"] {
            scenario[common] = Value::Null;
        }
        let keys: Vec<_> = scenario.as_object().unwrap().keys().cloned().collect();
        for key in keys {
            for (name, value) in odd() {
                // VUs may be created on demand, if `max_vus` allows any.
                if (&*key, name) == ("pre_allocated_vus", "0") {
                    continue;
                }
                let mut odd_one = scenario.clone();
                odd_one[&key] = value;
                let options = json!({"scenarios": {"a": odd_one}});
                check(&key, name, &options, &format!("scenarios.a.{key}"));
            }
        }
    }
}

/// Asserts that `key` accepts the value called `name`, or that the error names the option and its origin.
#[track_caller]
fn check(key: &str, name: &str, options: &Value, full_name: &str) {
    let result = resolve(&[script(options.clone())]);
    if taken(key).contains(&name) {
        assert!(result.is_ok(), "{options}: {}", result.unwrap_err());
        return;
    }
    let Err(error) = result else {
        panic!("{options} is not an error");
    };
    for problem in error.problems() {
        assert!(
            problem.option().starts_with(full_name),
            "{options}: {problem}"
        );
        let text = problem.to_string();
        assert!(text.contains(problem.option()), "{options}: {problem}");
        assert!(
            text.contains("script a.lua") && text.contains(": "),
            "{options}: {problem}"
        );
        assert!(
            !text.contains('\n') && text.len() < 300,
            "{options}: {problem}"
        );
    }
}

#[test]
fn counts_may_be_written_as_floats() {
    assert_eq!(executor(&[script(json!({"vus": 5.0}))]).max_vus(), 5);
}

#[test]
fn huge_values_do_not_overflow() {
    let huge = "36500d";
    let options = resolved(json!({"scenarios": {
        "a": {
            "executor": "constant-arrival-rate", "rate": 1e9, "time_unit": "1ms", "duration": huge,
            "pre_allocated_vus": 1_000_000, "start_time": huge, "graceful_stop": huge,
        },
        "b": {"executor": "per-vu-iterations", "vus": 1, "iterations": 1_u64 << 53, "start_time": huge},
        "c": {"executor": "ramping-vus", "stages": [format!("{huge}:1000000")], "graceful_ramp_down": huge},
    }}));
    assert_eq!(options.max_vus(), 2_000_001);
    assert!(options.total_duration() > seconds(3 * 3_153_600_000 - 1));
    let mut starts = options.scenarios[1].executor.arrivals(0).unwrap();
    assert_eq!(starts.skip_before(Duration::MAX), u64::MAX);
    options.to_json();
    let too_long = json!({"stages": [format!("{huge}:1"), "1s:1"]});
    assert!(complaints(too_long).contains("at most 100 years"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
    let inner = [
        "executor",
        "exec",
        "start_time",
        "graceful_stop",
        "rate",
        "time_unit",
        "target",
        "threshold",
        "pre_allocated_vus",
        "max_vus",
        "start_vus",
        "max_duration",
        "cert",
        "checks",
        "a{b:c}",
        "",
    ];
    let key = prop_oneof![
        prop::sample::select(names),
        prop::sample::select(inner.to_vec()),
    ]
    .prop_map(str::to_owned);
    let text = prop_oneof![
        prop::sample::select(crate::options::executors::names()).prop_map(str::to_owned),
        "[0-9]{1,3}(ms|s|m|h)?(:[0-9]{1,3})?",
        ".{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0_u64..100).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_json_causes_no_panic(options in any_json(), flag in any_json()) {
        let Ok(mut layer) = Layer::from_json(options, &OptionOrigin::Script("a.lua".to_owned())) else {
            return Ok(());
        };
        layer.set_inside(&["scenarios", "a"], flag, OptionOrigin::Flag("--x".to_owned()));
        match resolve(&[layer]) {
            Ok(options) => {
                options.to_json();
                prop_assert!(options.scenarios.iter().all(|scenario| !scenario.describe().is_empty()));
            }
            Err(error) => prop_assert!(!error.problems().is_empty()),
        }
    }

    #[test]
    fn arbitrary_text_causes_no_panic(key in prop::sample::select(KEYS.to_vec()), text in ".{0,20}|[0-9smh:,.e-]{0,12}") {
        let _ = resolve(&[flags([(key.name, &*text)])]);
    }
}
