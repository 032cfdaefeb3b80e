//! The parts of a run together make the load of one process.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::kit::*;
use crate::load::{Burstiness, RampStage, Spacing, StartRate, VuRamp};
use crate::options::{Executor, Scenario, StartOptions, VuPool};
use crate::parts::Part;
use crate::runner::EndCause;

/// A started iteration: its time, planned start, number in the scenario, VU, and number in the VU.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Began {
    scenario: String,
    at: Duration,
    planned: Option<(Duration, u64)>,
    number: u64,
    vu: u64,
    number_in_vu: u64,
}

/// The iterations that one process started, in order.
fn begun(
    scenarios: &[Scenario],
    part: Part,
    workers: usize,
    seed: u64,
    takes: Duration,
) -> Vec<Began> {
    let mut bench = Bench::new(scenarios.to_vec()).workers(workers);
    (bench.plan.seed, bench.plan.part) = (seed, part);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    let end = runtime.block_on(async {
        let (log, start) = (Arc::clone(&log), Instant::now());
        bench
            .play(vus(move |info, iteration| {
                log.lock().unwrap().push(Began {
                    scenario: info.scenario.name.clone(),
                    at: start.elapsed(),
                    planned: iteration.scheduled.zip(iteration.planned_number),
                    number: iteration.number_in_scenario,
                    vu: info.id,
                    number_in_vu: iteration.number_in_vu,
                });
                nap(takes)
            }))
            .await
    });
    assert_eq!(end.cause, EndCause::Finished);
    let builtin = bench.registry.builtin();
    assert_eq!(bench.count(builtin.dropped_iterations), 0);
    let mut log = log.lock().unwrap().clone();
    log.sort_unstable();
    log
}

/// The iterations that all parts of a run started, in order.
fn union(
    scenarios: &[Scenario],
    parts: u64,
    workers: usize,
    seed: u64,
    takes: Duration,
) -> Vec<Began> {
    let of = |index| {
        let part = Part::new(index, parts).unwrap();
        begun(scenarios, part, workers, seed, takes)
    };
    let mut all: Vec<Began> = (0..parts).flat_map(of).collect();
    all.sort_unstable();
    all
}

fn rate(per_second: u32) -> StartRate {
    StartRate::from(per_second)
}

fn any_arrival() -> impl Strategy<Value = Spacing> {
    prop::sample::select(vec![
        Spacing::Uniform,
        Spacing::POISSON,
        Spacing::Random(Burstiness::new(0.3).unwrap()),
    ])
}

/// Loads whose starts do not depend on which VUs are idle, so that they follow the plan exactly.
fn any_executor() -> impl Strategy<Value = Executor> {
    let stages = |targets: Vec<u32>| -> Vec<RampStage<u64>> {
        let stage = |target| RampStage {
            duration: Duration::from_millis(1_700),
            target: u64::from(target),
        };
        targets.into_iter().map(stage).collect()
    };
    let rates = |targets: Vec<u32>| -> Vec<RampStage<StartRate>> {
        let stage = |target| RampStage {
            duration: Duration::from_millis(900),
            target: rate(target),
        };
        targets.into_iter().map(stage).collect()
    };
    let limit = prop::option::of(1_u64..200);
    prop_oneof![
        (1_u64..20).prop_map(|vus| constant(vus, s(2.5))),
        (0_u64..10, prop::collection::vec(0_u32..12, 1..4)).prop_map(
            move |(start_vus, targets)| {
                Executor::RampingVus {
                    start_vus,
                    stages: stages(targets),
                    graceful_ramp_down: s(1.0),
                }
            }
        ),
        (1_u64..20, 1_u64..6).prop_map(|(vus, iterations)| per_vu(vus, iterations)),
        (1_u64..20, 1_u64..100).prop_map(|(vus, iterations)| shared(vus, iterations)),
        (prop::collection::vec(0_u64..2_000, 1..60), 0_u64..40).prop_map(
            |(mut millis, planned)| {
                millis.sort_unstable();
                Executor::Replay {
                    starts: millis.into_iter().map(Duration::from_millis).collect(),
                    duration: s(3.0),
                    vus: VuPool {
                        pre_allocated_vus: planned,
                        max_vus: 500,
                    },
                }
            }
        ),
        (1_u32..150, any_arrival(), limit.clone(), 0_u64..40).prop_map(
            |(per_second, arrival, iterations, planned)| Executor::ConstantArrivalRate {
                rate: rate(per_second),
                time_unit: s(1.0),
                duration: s(2.0),
                starts: StartOptions {
                    vus: VuPool {
                        pre_allocated_vus: planned,
                        max_vus: 500,
                    },
                    arrival,
                    iterations,
                },
            }
        ),
        (
            0_u32..50,
            prop::collection::vec(0_u32..150, 1..4),
            any_arrival(),
            limit
        )
            .prop_map(move |(start, targets, arrival, iterations)| {
                Executor::RampingArrivalRate {
                    start_rate: rate(start),
                    time_unit: s(1.0),
                    stages: rates(targets),
                    starts: StartOptions {
                        vus: VuPool {
                            pre_allocated_vus: 300,
                            max_vus: 500,
                        },
                        arrival,
                        iterations,
                    },
                }
            }),
    ]
}

/// The times at which VUs of a ramp stop. Whether an iteration starts at such a time depends on the timers.
fn ends_of(executor: &Executor) -> Vec<Duration> {
    let Executor::RampingVus {
        start_vus, stages, ..
    } = executor
    else {
        return Vec::new();
    };
    let ramp = VuRamp::new(*start_vus, stages.clone());
    let ends = |vu| ramp.intervals(vu).into_iter().map(|interval| interval.end);
    (0..ramp.max_vus()).flat_map(ends).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_parts_together_start_the_iterations_of_one_process(
        executors in prop::collection::vec(any_executor(), 1..3),
        parts in 1_u64..7,
        workers in 1_usize..4,
        seed: u64,
    ) {
        let scenarios: Vec<Scenario> = executors
            .into_iter()
            .zip(["first", "second"])
            .map(|(executor, name)| Scenario {
                name: name.to_owned(),
                graceful_stop: s(10.0),
                ..scenario(executor)
            })
            .collect();
        let takes = s(0.107);
        let whole = begun(&scenarios, Part::WHOLE, workers, seed, takes);
        let all = union(&scenarios, parts, workers, seed, takes);
        for scenario in &scenarios {
            let of = |all: &[Began]| -> Vec<Began> {
                all.iter().filter(|began| began.scenario == scenario.name).cloned().collect()
            };
            let (whole, all) = (of(&whole), of(&all));
            let numbers = |all: &[Began]| {
                let mut numbers: Vec<u64> = all.iter().map(|began| began.number).collect();
                numbers.sort_unstable();
                numbers
            };
            let mut unique = numbers(&all);
            unique.dedup();
            prop_assert_eq!(unique.len(), all.len(), "numbers are unique");
            match scenario.executor {
                Executor::ConstantVus { .. } | Executor::RampingVus { .. } | Executor::PerVuIterations(_) => {
                    let ends = ends_of(&scenario.executor);
                    let is_plain = |began: &&Began| {
                        !ends.iter().any(|end| end.abs_diff(began.at) < s(0.003))
                    };
                    let of_vus = |all: &[Began]| {
                        let plain = all.iter().filter(is_plain);
                        let mut all: Vec<_> =
                            plain.map(|began| (began.vu, began.number_in_vu, began.at)).collect();
                        all.sort_unstable();
                        all
                    };
                    prop_assert_eq!(of_vus(&all), of_vus(&whole));
                }
                Executor::SharedIterations(_) => {
                    prop_assert_eq!(numbers(&all), numbers(&whole));
                }
                _ => {
                    let planned = |all: &[Began]| {
                        let mut all: Vec<_> = all.iter().map(|began| began.planned).collect();
                        all.sort_unstable();
                        all
                    };
                    prop_assert_eq!(numbers(&all), numbers(&whole));
                    prop_assert_eq!(planned(&all), planned(&whole));
                }
            }
        }
    }
}

#[test]
fn vu_numbers_are_unique_even_if_parts_create_more_vus() {
    // Each part has three concurrent iterations, but only the first part has a planned VU.
    let executor = Executor::ConstantArrivalRate {
        rate: rate(40),
        time_unit: s(1.0),
        duration: s(1.0),
        starts: StartOptions {
            vus: VuPool {
                pre_allocated_vus: 1,
                max_vus: 40,
            },
            arrival: Spacing::Uniform,
            iterations: None,
        },
    };
    let scenarios = [
        scenario(executor),
        Scenario {
            name: "second".to_owned(),
            ..scenario(per_vu(3, 1))
        },
    ];
    let all = union(&scenarios, 4, 2, 1, s(0.4));
    let mut vus: Vec<(u64, &str)> = all
        .iter()
        .map(|began| (began.vu, &*began.scenario))
        .collect();
    vus.sort_unstable();
    vus.dedup();
    let planned: Vec<_> = vus.iter().take(4).copied().collect();
    assert_eq!(
        planned,
        [(1, "default"), (2, "second"), (3, "second"), (4, "second")]
    );
    assert!(vus.len() > 12, "{vus:?}");
    assert!(vus.windows(2).all(|pair| pair[0].0 < pair[1].0), "{vus:?}");
}

#[test]
fn parts_without_vus_have_nothing_to_do() {
    let scenarios = [scenario(shared(2, 10))];
    let counts: Vec<usize> = (0..4)
        .map(|index| begun(&scenarios, Part::new(index, 4).unwrap(), 1, 1, s(0.1)).len())
        .collect();
    assert_eq!(counts, [5, 5, 0, 0]);
}

#[test]
fn the_vus_of_several_scenarios_are_distributed_in_turn() {
    let one = |name: &str| Scenario {
        name: name.to_owned(),
        ..scenario(per_vu(1, 1))
    };
    let scenarios = ["a", "b", "c"].map(one);
    let of = |index| {
        let part = Part::new(index, 3).unwrap();
        begun(&scenarios, part, 1, 1, s(0.1))
            .into_iter()
            .map(|began| (began.scenario, began.vu))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(0), [("a".to_owned(), 1)]);
    assert_eq!(of(1), [("b".to_owned(), 2)]);
    assert_eq!(of(2), [("c".to_owned(), 3)]);
}
