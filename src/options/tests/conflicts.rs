//! Options that contradict each other. Each message names both and where they were set.

use serde_json::json;

use super::*;

fn scenarios() -> Value {
    json!({"a": {"executor": "constant-vus", "duration": "5s"}})
}

#[test]
fn two_loads_in_one_layer_conflict() {
    let values = [
        ("iterations", json!(5)),
        ("duration", json!("5s")),
        ("stages", json!(["5s:1"])),
        ("scenarios", scenarios()),
    ];
    for (index, (one, value)) in values.iter().enumerate() {
        for (other, other_value) in &values[index + 1..] {
            let error = resolve(&[script(json!({*one: value, *other: other_value}))]);
            if (*one, *other) == ("iterations", "duration") {
                assert!(error.is_ok(), "a duration is the limit of iterations");
                continue;
            }
            let error = error.unwrap_err();
            assert_eq!(error.kind(), "conflict");
            let expected = format!(
                "`{one}` (script a.lua) and `{other}` (script a.lua) cannot be used together: remove one of them"
            );
            assert_eq!(error.to_string(), expected);
        }
    }
}

#[test]
fn both_flags_are_named() {
    let layers = [flags([("duration", "5s"), ("stages", "5s:1")])];
    assert_eq!(
        resolve(&layers).unwrap_err().to_string(),
        "`duration` (--duration) and `stages` (--stages) cannot be used together: remove one of them"
    );
}

#[test]
fn burstiness_needs_random_starts() {
    let scenarios = |arrival: Value| {
        let scenario = json!({
            "executor": "constant-arrival-rate", "rate": 1, "duration": "5s", "pre_allocated_vus": 1,
            "arrival": arrival, "burstiness": 0.5,
        });
        json!({"scenarios": {"a": scenario}})
    };
    let error = "`scenarios.a.burstiness` (script a.lua): it applies to random starts, but `arrival` is \"uniform\": \
                 set `arrival` to \"poisson\", or remove `burstiness`";
    for arrival in [Value::Null, json!("uniform")] {
        assert_eq!(complaints(scenarios(arrival)), error);
    }
    let mut options = scenarios(Value::Null);
    options["arrival"] = json!("poisson");
    for options in [options, scenarios(json!("poisson"))] {
        assert!(resolve(&[script(options)]).is_ok());
    }
}

#[test]
fn vus_beside_or_above_scenarios_are_refused() {
    let layers = [
        script(json!({"scenarios": scenarios()})),
        flags([("vus", "9")]),
    ];
    assert_eq!(
        resolve(&layers).unwrap_err().to_string(),
        "`vus` (--vus) and `scenarios` (script a.lua) cannot be used together: \
         set the number of VUs inside a scenario"
    );
    assert!(resolve(&[script(json!({"vus": 1, "scenarios": scenarios()}))]).is_err());
}
