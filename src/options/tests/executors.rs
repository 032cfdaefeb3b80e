//! Scenarios: defaults, required keys, and derived values.

use serde_json::json;

use super::*;
use crate::load::{RampStage, Spacing, StartRate};

#[expect(
    clippy::needless_pass_by_value,
    reason = "a literal reads best without a borrow"
)]
fn one(scenario: Value) -> Scenario {
    resolved(json!({"scenarios": {"a": scenario}}))
        .scenarios
        .remove(0)
}

#[test]
fn every_executor_has_the_defaults_of_k6() {
    let max_duration = seconds(600);
    let second = seconds(1);
    for (options, expected) in [
        (
            json!({"executor": "constant-vus", "duration": "5s"}),
            Executor::ConstantVus {
                vus: 1,
                duration: seconds(5),
            },
        ),
        (
            json!({"executor": "ramping-vus", "stages": ["5s:3"]}),
            Executor::RampingVus {
                start_vus: 1,
                stages: vec![RampStage {
                    duration: seconds(5),
                    target: 3,
                }],
                graceful_ramp_down: seconds(30),
            },
        ),
        (
            json!({"executor": "shared-iterations"}),
            Executor::SharedIterations(IterationBudget {
                vus: 1,
                iterations: 1,
                max_duration,
            }),
        ),
        (
            json!({"executor": "per-vu-iterations"}),
            Executor::PerVuIterations(IterationBudget {
                vus: 1,
                iterations: 1,
                max_duration,
            }),
        ),
        (
            json!({"executor": "constant-arrival-rate", "rate": 5, "duration": "5s", "pre_allocated_vus": 2}),
            Executor::ConstantArrivalRate {
                rate: StartRate::from(5),
                time_unit: second,
                duration: seconds(5),
                starts: StartOptions {
                    vus: VuPool {
                        pre_allocated_vus: 2,
                        max_vus: 2,
                    },
                    arrival: Spacing::Uniform,
                    iterations: None,
                },
            },
        ),
        (
            json!({"executor": "ramping-arrival-rate", "stages": ["5s:2.5"], "pre_allocated_vus": 2}),
            Executor::RampingArrivalRate {
                start_rate: StartRate::default(),
                time_unit: second,
                stages: vec![RampStage {
                    duration: seconds(5),
                    target: StartRate::new(2.5).unwrap(),
                }],
                starts: StartOptions {
                    vus: VuPool {
                        pre_allocated_vus: 2,
                        max_vus: 2,
                    },
                    arrival: Spacing::Uniform,
                    iterations: None,
                },
            },
        ),
        (
            json!({"executor": "replay", "data": [0, "3s", 3, 7.5], "speed": 2, "duration": "3s", "pre_allocated_vus": 2}),
            Executor::Replay {
                starts: [0, 1500, 1500].map(Duration::from_millis).into(),
                duration: seconds(3),
                vus: VuPool {
                    pre_allocated_vus: 2,
                    max_vus: 2,
                },
            },
        ),
    ] {
        let scenario = one(options);
        assert_eq!(scenario.executor, expected);
        assert_eq!(scenario.exec, "default");
        assert_eq!(
            (scenario.start_time, scenario.graceful_stop),
            (Duration::ZERO, seconds(30))
        );
        assert!(crate::options::executors::names().contains(&expected.name()));
    }
}

#[test]
fn common_keys_are_read() {
    let scenario = one(json!({
        "executor": "shared-iterations", "exec": "chat", "start_time": "5s", "graceful_stop": 0,
        "env": {"B": "2", "A": 1}, "tags": {"team": "x"},
    }));
    assert_eq!((&*scenario.name, &*scenario.exec), ("a", "chat"));
    assert_eq!(
        (scenario.start_time, scenario.graceful_stop),
        (seconds(5), Duration::ZERO)
    );
    assert_eq!(scenario.env[0], ("A".to_owned(), "1".to_owned()));
    assert_eq!(scenario.tags, [("team".to_owned(), "x".to_owned())]);
}

#[test]
fn arrival_has_a_default_for_all_scenarios() {
    let scenario = |arrival: Value| {
        json!({
            "executor": "constant-arrival-rate", "rate": 1, "duration": "5s",
            "pre_allocated_vus": 1, "arrival": arrival,
        })
    };
    let options = resolved(json!({
        "arrival": "poisson",
        "scenarios": {"a": scenario(Value::Null), "b": scenario(json!("uniform"))},
    }));
    let arrivals: Vec<_> = options
        .scenarios
        .iter()
        .map(|scenario| match scenario.executor {
            Executor::ConstantArrivalRate { ref starts, .. } => starts.arrival,
            _ => unreachable!("both have a rate"),
        })
        .collect();
    assert_eq!(arrivals, [Spacing::POISSON, Spacing::Uniform]);
}

#[test]
fn a_number_of_starts_makes_the_duration_a_limit() {
    for (arrival, limit) in [
        // A thousand starts at ten per minute, and ten minutes for the last iteration.
        (json!("uniform"), 6_600.0),
        // Random gaps are scaled to the same time.
        (json!("poisson"), 6_600.0),
    ] {
        let scenario = one(json!({
            "executor": "constant-arrival-rate", "rate": 10, "time_unit": "1m", "iterations": 1000,
            "pre_allocated_vus": 1, "arrival": arrival,
        }));
        let executor = scenario.executor;
        let duration = executor.regular_duration().as_secs_f64();
        assert!((duration - limit).abs() < 1.0, "{duration} is not {limit}");
        assert_eq!(executor.total_iterations(), Some(1000));
        assert_eq!(executor.arrivals(3).unwrap().count(), 1000);
    }
    let limited = one(json!({
        "executor": "constant-arrival-rate", "rate": 10, "iterations": 1000, "duration": "5s",
        "pre_allocated_vus": 1,
    }));
    assert_eq!(limited.executor.arrivals(0).unwrap().count(), 50);
}

#[test]
fn scenarios_are_in_the_order_of_their_start() {
    let at = |start: u64| json!({"executor": "shared-iterations", "start_time": start});
    let options = resolved(json!({"scenarios": {"c": at(0), "a": at(9), "b": at(0)}}));
    let names: Vec<_> = options
        .scenarios
        .iter()
        .map(|scenario| &*scenario.name)
        .collect();
    assert_eq!(names, ["b", "c", "a"]);
}

#[test]
fn vus_and_duration_of_a_run_follow_from_its_scenarios() {
    let vus = |start: &str, vus: u64| {
        json!({
            "executor": "constant-vus", "vus": vus, "duration": "10s",
            "start_time": start, "graceful_stop": "5s",
        })
    };
    let options = resolved(json!({"scenarios": {
        "a": vus("0s", 10), "b": vus("14s", 20), "c": vus("15s", 30), "d": vus("1m", 45),
    }}));
    assert_eq!(
        options.max_vus(),
        50,
        "b and c overlap, a is over when c starts"
    );
    assert_eq!(options.total_duration(), seconds(75));
}

#[test]
fn arrivals_follow_the_executor() {
    let scenario = one(json!({
        "executor": "constant-arrival-rate", "rate": 30, "time_unit": "1m", "duration": "1m",
        "pre_allocated_vus": 1, "max_vus": 5,
    }));
    let executor = scenario.executor;
    assert_eq!(executor.arrivals(0).unwrap().count(), 30);
    assert_eq!((executor.initial_vus(), executor.max_vus()), (1, 5));
    assert_eq!(executor.total_iterations(), None);
    let budget = Executor::PerVuIterations(IterationBudget {
        vus: 3,
        iterations: 4,
        max_duration: seconds(9),
    });
    assert_eq!(budget.total_iterations(), Some(12));
    assert!(budget.arrivals(0).is_none());
}
