//! Loads without a scenario.

use serde_json::json;

use super::*;
use crate::load::RampStage;

#[test]
fn each_shortcut_has_its_executor() {
    let max_duration = seconds(600);
    for (options, expected) in [
        (
            json!({"vus": 3}),
            Executor::SharedIterations(IterationBudget {
                vus: 3,
                iterations: 3,
                max_duration,
            }),
        ),
        (
            json!({"duration": "30s"}),
            Executor::ConstantVus {
                vus: 1,
                duration: seconds(30),
            },
        ),
        (
            json!({"vus": 5, "duration": 30}),
            Executor::ConstantVus {
                vus: 5,
                duration: seconds(30),
            },
        ),
        (
            json!({"iterations": 7, "vus": 2}),
            Executor::SharedIterations(IterationBudget {
                vus: 2,
                iterations: 7,
                max_duration,
            }),
        ),
        (
            json!({"iterations": 7, "duration": "5s"}),
            Executor::SharedIterations(IterationBudget {
                vus: 1,
                iterations: 7,
                max_duration: seconds(5),
            }),
        ),
        (
            json!({"vus": 2, "stages": ["10s:5", {"duration": "0s", "target": 0}]}),
            Executor::RampingVus {
                start_vus: 2,
                stages: vec![
                    RampStage {
                        duration: seconds(10),
                        target: 5,
                    },
                    RampStage {
                        duration: Duration::ZERO,
                        target: 0,
                    },
                ],
                graceful_ramp_down: seconds(30),
            },
        ),
    ] {
        assert_eq!(executor(&[script(options.clone())]), expected, "{options}");
    }
}

#[test]
fn a_load_on_the_command_line_replaces_that_of_the_script() {
    let scripts = [
        json!({"vus": 5, "stages": ["10s:5"]}),
        json!({"vus": 5, "iterations": 50}),
        json!({"vus": 5, "duration": "1h"}),
    ];
    for options in scripts {
        let layers = [script(options), flags([("duration", "7s")])];
        assert_eq!(
            executor(&layers),
            Executor::ConstantVus {
                vus: 5,
                duration: seconds(7)
            }
        );
    }
    let scenarios = json!({"scenarios": {"a": {"executor": "constant-vus", "duration": "1h"}}});
    let layers = [script(scenarios), flags([("iterations", "3")])];
    assert_eq!(resolve(&layers).unwrap().scenarios[0].name, "default");
}

#[test]
fn vus_on_the_command_line_keep_the_load_of_the_script() {
    let layers = [
        script(json!({"vus": 1, "duration": "5s"})),
        flags([("vus", "9")]),
    ];
    assert_eq!(
        executor(&layers),
        Executor::ConstantVus {
            vus: 9,
            duration: seconds(5)
        }
    );
}

#[test]
fn vus_of_a_lower_layer_do_not_affect_scenarios() {
    let config = Layer::from_json(
        json!({"vus": 9}),
        &OptionOrigin::ConfigFile("c.json".to_owned()),
    )
    .unwrap();
    let scenarios = json!({"scenarios": {"a": {"executor": "constant-vus", "duration": "5s"}}});
    assert_eq!(
        executor(&[config, script(scenarios)]),
        Executor::ConstantVus {
            vus: 1,
            duration: seconds(5)
        }
    );
}
