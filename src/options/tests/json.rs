//! Options as JSON.

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn resolved_options_are_shown() {
    let options = resolved(json!({
        "scenarios": {"chat": {
            "executor": "ramping-arrival-rate", "start_rate": 0.5, "pre_allocated_vus": 2, "max_vus": 9,
            "stages": ["90s:10"],
        }},
        "thresholds": {"http_req_failed": "rate<0.01"},
    }));
    let json = options.to_json();
    assert_eq!(
        json["scenarios"]["chat"],
        json!({
            "executor": "ramping-arrival-rate",
            "exec": "default",
            "start_time": "0s",
            "graceful_stop": "30s",
            "env": {},
            "tags": {},
            "start_rate": 0.5,
            "time_unit": "1s",
            "stages": [{"duration": "1m30s", "target": 10}],
            "pre_allocated_vus": 2,
            "max_vus": 9,
            "arrival": "uniform",
            "burstiness": null,
            "iterations": null,
        })
    );
    assert_eq!(
        json["thresholds"]["http_req_failed"][0]["threshold"],
        "rate<0.01"
    );
}

#[test]
fn every_option_is_shown() {
    // Shortcuts and the default of `arrival` become part of scenarios.
    let short = ["vus", "duration", "iterations", "stages", "arrival"];
    let json = Options::default().to_json();
    for key in KEYS.iter().filter(|key| !short.contains(&key.name)) {
        assert!(json.get(key.name).is_some(), "{}", key.name);
    }
}

#[test]
fn the_password_of_a_proxy_is_not_shown() {
    for (proxy, shown) in [
        ("http://user:secret@p:3128", "http://***@p:3128"),
        ("http://user:sec@ret@p/a@b", "http://***@p/a@b"),
        ("https://p:3128/@", "https://p:3128/@"),
    ] {
        assert_eq!(resolved(json!({"proxy": proxy})).to_json()["proxy"], shown);
    }
    assert!(!complaints(json!({"proxy": "socks5://user:secret@p"})).contains("secret"));
}

fn any_scenario() -> impl Strategy<Value = Value> {
    let duration = (1_u64..100_000).prop_map(|millis| format!("{}ms", millis + 1000));
    (
        0_usize..7,
        1_u64..1000,
        0_u32..5_000_000,
        duration,
        0_u64..100,
    )
        .prop_map(|(kind, vus, millionths, duration, extra)| {
            let rate = f64::from(millionths + 1) / 1e6;
            let stages = json!([{"duration": duration, "target": vus}]);
            let name = crate::options::executors::names()[kind];
            match kind {
                0 => json!({"executor": name, "vus": vus, "duration": duration}),
                1 => json!({"executor": name, "start_vus": extra, "stages": stages}),
                2 | 3 => json!({"executor": name, "vus": vus, "iterations": vus + extra}),
                4 => json!({
                    "executor": name, "rate": rate, "duration": duration, "time_unit": duration,
                    "pre_allocated_vus": vus, "max_vus": vus + extra, "arrival": "poisson",
                    "burstiness": 0.5 + extra as f64,
                }),
                6 => json!({
                    "executor": name, "data": [0, rate / 3.0, 2.0 * rate], "pre_allocated_vus": vus,
                    "speed": 1.5, "iterations": 3,
                }),
                _ => json!({
                    "executor": name, "start_rate": rate, "stages": stages,
                    "pre_allocated_vus": vus, "start_time": duration, "graceful_stop": extra,
                    "iterations": vus,
                }),
            }
        })
}

proptest! {
    #[test]
    fn shown_options_work_as_a_config_file(
        scenarios in prop::collection::btree_map("[a-z]{1,5}", any_scenario(), 1..4),
        seed in 0_u64..1 << 53,
        tags in prop::collection::btree_map("[^\\p{Cc}]{1,9}", ".{0,9}", 0..3),
        flag: bool,
    ) {
        let options = resolved(json!({
            "scenarios": scenarios, "seed": seed, "tags": tags, "no_setup": flag, "proxy": "http://p",
            "thresholds": {"checks": [{"threshold": "rate>0.5", "abort_on_fail": flag}]},
            "tls_auth": {"cert": "a", "key": "b"}, "summary_time_unit": "us",
        }));
        prop_assert_eq!(resolved(options.to_json()), options);
    }
}
