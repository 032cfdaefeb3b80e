use super::super::{Executor, IterationBudget, StartOptions, VuPool};
use super::*;
use crate::load::{RampStage, Spacing, StartRate};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn the_header_has_the_style_of_k6() {
    let rate = StartRate::from(10);
    for (executor, text) in [
        (
            Executor::ConstantVus {
                vus: 5,
                duration: seconds(30),
            },
            "5 looping VUs for 30s (gracefulStop: 30s)",
        ),
        (
            Executor::RampingVus {
                start_vus: 1,
                stages: vec![
                    RampStage {
                        duration: seconds(60),
                        target: 20,
                    },
                    RampStage {
                        duration: seconds(30),
                        target: 0,
                    },
                ],
                graceful_ramp_down: seconds(30),
            },
            "Up to 20 looping VUs for 1m30s over 2 stages (gracefulRampDown: 30s, gracefulStop: 30s)",
        ),
        (
            Executor::SharedIterations(IterationBudget {
                vus: 10,
                iterations: 100,
                max_duration: seconds(600),
            }),
            "100 iterations shared among 10 VUs (maxDuration: 10m0s, gracefulStop: 30s)",
        ),
        (
            Executor::PerVuIterations(IterationBudget {
                vus: 10,
                iterations: 3,
                max_duration: seconds(600),
            }),
            "3 iterations for each of 10 VUs (maxDuration: 10m0s, gracefulStop: 30s)",
        ),
        (
            Executor::ConstantArrivalRate {
                rate,
                time_unit: seconds(4),
                duration: seconds(30),
                starts: StartOptions {
                    vus: VuPool {
                        pre_allocated_vus: 5,
                        max_vus: 20,
                    },
                    arrival: Spacing::Uniform,
                    iterations: None,
                },
            },
            "2.50 iterations/s for 30s (maxVUs: 5-20, gracefulStop: 30s)",
        ),
        (
            Executor::RampingArrivalRate {
                start_rate: rate,
                time_unit: seconds(1),
                stages: vec![RampStage {
                    duration: seconds(30),
                    target: StartRate::default(),
                }],
                starts: StartOptions {
                    vus: VuPool {
                        pre_allocated_vus: 5,
                        max_vus: 5,
                    },
                    arrival: Spacing::POISSON,
                    iterations: None,
                },
            },
            "Up to 10.00 iterations/s for 30s over 1 stage (maxVUs: 5, gracefulStop: 30s)",
        ),
        (
            Executor::ConstantArrivalRate {
                rate,
                time_unit: seconds(1),
                duration: seconds(700),
                starts: StartOptions {
                    vus: VuPool {
                        pre_allocated_vus: 5,
                        max_vus: 5,
                    },
                    arrival: Spacing::POISSON,
                    iterations: Some(1000),
                },
            },
            "1000 iterations at 10.00/s (maxVUs: 5, maxDuration: 11m40s, gracefulStop: 30s)",
        ),
    ] {
        assert_eq!(Scenario::unnamed(executor).describe(), text);
    }
}

#[test]
fn the_header_shows_unusual_settings() {
    let executor = Executor::ConstantVus {
        vus: 1,
        duration: seconds(5),
    };
    let mut scenario = Scenario::unnamed(executor);
    scenario.exec = "chat".to_owned();
    scenario.start_time = seconds(10);
    let text = "1 looping VU for 5s (exec: chat, startTime: 10s, gracefulStop: 30s)";
    assert_eq!(scenario.describe(), text);
    assert_eq!(
        (scenario.max_duration(), scenario.latest_end()),
        (seconds(35), seconds(45))
    );

    scenario.exec = "default".to_owned();
    scenario.start_time = Duration::ZERO;
    scenario.graceful_stop = Duration::ZERO;
    assert_eq!(scenario.describe(), "1 looping VU for 5s");
}
