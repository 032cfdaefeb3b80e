//! Executors that start iterations at a rate.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::{Instant, sleep};

use super::kit::*;
use crate::load::{RampStage, Spacing, StartRate, derive_seed};
use crate::options::{Executor, Scenario, StartOptions, VuPool};
use crate::runner::EndCause;

fn rate(per_unit: f64) -> StartRate {
    StartRate::new(per_unit).unwrap()
}

fn arrivals(per_second: f64, seconds: f64, pre_allocated_vus: u64, max_vus: u64) -> Executor {
    Executor::ConstantArrivalRate {
        rate: rate(per_second),
        time_unit: s(1.0),
        duration: s(seconds),
        starts: StartOptions {
            vus: VuPool {
                pre_allocated_vus,
                max_vus,
            },
            arrival: Spacing::Uniform,
            iterations: None,
        },
    }
}

#[tokio::test(start_paused = true)]
async fn iterations_start_when_they_are_planned() {
    let bench = Bench::new([scenario(arrivals(10.0, 3.0, 4, 4))]).workers(2);
    let starts = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&starts);
    let start = Instant::now();
    bench
        .play(vus(move |_, iteration| {
            let scheduled = iteration.scheduled.unwrap();
            assert_eq!(scheduled + iteration.delay.unwrap(), start.elapsed());
            log.lock().unwrap().push((start.elapsed(), scheduled));
            nap(s(0.15))
        }))
        .await;

    let mut starts = starts.lock().unwrap().clone();
    starts.sort_unstable();
    assert_eq!(starts.len(), 30);
    for (number, (started, scheduled)) in starts.into_iter().enumerate() {
        assert_eq!(scheduled, Duration::from_millis(100 * number as u64));
        assert!(
            started >= scheduled && started <= scheduled + s(0.002),
            "{number}: {started:?}"
        );
    }
    let builtin = bench.registry.builtin();
    let delay = bench.trend(builtin.schedule_delay).unwrap();
    assert_eq!(delay.count(), 30);
    assert!(delay.max() <= 0.002, "{}", delay.max());
    assert_eq!(bench.count(builtin.dropped_iterations), 0);
    assert_eq!(bench.warnings(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn scheduled_times_count_from_the_start_of_the_run() {
    let executor = arrivals(1.0, 2.0, 1, 1);
    let bench = Bench::new([Scenario {
        start_time: s(3.0),
        ..scenario(executor)
    }]);
    // As after a setup() of 7 seconds.
    bench.state.start(Instant::now().into_std());
    sleep(s(7.0)).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    bench
        .play(vus(move |_, iteration| {
            log.lock().unwrap().push(iteration.scheduled.unwrap());
            async { Ok(()) }
        }))
        .await;
    let seen: Vec<u128> = seen
        .lock()
        .unwrap()
        .iter()
        .map(Duration::as_millis)
        .collect();
    assert_eq!(seen, [10_000, 11_000]);
}

#[tokio::test(start_paused = true)]
async fn starts_without_an_idle_vu_are_dropped_with_one_warning() {
    for workers in [1, 2] {
        let executor = arrivals(20.0, 5.0, 3, 3);
        let bench = Bench::new([Scenario {
            graceful_stop: s(30.0),
            ..scenario(executor)
        }])
        .workers(workers);
        bench.play(sleepers(s(1.013))).await;

        let completed = bench.state.iterations_completed.load(Ordering::Relaxed);
        let dropped = bench.count(bench.registry.builtin().dropped_iterations);
        assert!((14..=15).contains(&completed), "{completed}");
        assert_eq!(completed + dropped, 100);
        let warnings = bench.warnings();
        assert_eq!(warnings.len(), 1);
        assert!(
            warnings[0].contains("all 3 VUs are busy; raise max_vus"),
            "{warnings:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_warning_is_reported_while_all_vus_are_busy() {
    let executor = arrivals(10.0, 60.0, 1, 1);
    let bench = Bench::new([scenario(executor)]);
    let start = Instant::now();
    bench
        .play_with(sleepers(s(3_600.0)), move |handle| async move {
            until(start, 1.0).await;
            handle.stop(Duration::ZERO);
        })
        .await;
    assert_eq!(bench.warnings().len(), 1);
    // The starts of the first second, except the first.
    assert_eq!(bench.count(bench.registry.builtin().dropped_iterations), 9);
}

#[tokio::test(start_paused = true)]
async fn starts_planned_after_a_stop_are_not_dropped() {
    let executor = arrivals(10.0, 60.0, 3, 3);
    let patient = Scenario {
        graceful_stop: s(30.0),
        ..scenario(executor)
    };
    let bench = Bench::new([patient]).workers(2);
    let start = Instant::now();
    let end = bench
        .play_with(sleepers(s(5.0)), move |handle| async move {
            until(start, 1.0).await;
            handle.stop(Duration::MAX);
        })
        .await;
    assert_eq!(end.duration.as_secs(), 5);
    assert_eq!(bench.state.iterations_completed.load(Ordering::Relaxed), 3);
    // Ten starts in the first second, of which three found a VU.
    assert_eq!(bench.count(bench.registry.builtin().dropped_iterations), 7);
}

#[tokio::test(start_paused = true)]
async fn more_vus_are_created_when_starts_find_none_idle() {
    // 10 starts a second of 1 s each need 10 VUs.
    for workers in [1, 3] {
        let bench = Bench::new([scenario(arrivals(10.0, 10.0, 2, 50))]).workers(workers);
        bench.play(sleepers(s(0.95))).await;
        let made = bench.state.vus_initialized.load(Ordering::Relaxed);
        assert_eq!(made, 10);
        assert_eq!(bench.count(bench.registry.builtin().dropped_iterations), 0);
        assert_eq!(bench.warnings(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_scenario_may_start_without_vus() {
    let bench = Bench::new([scenario(arrivals(10.0, 2.0, 0, 5))]);
    let end = bench.play(sleepers(s(0.25))).await;
    assert_eq!(end.cause, EndCause::Finished);
    let completed = bench.state.iterations_completed.load(Ordering::Relaxed);
    let interrupted = bench.state.iterations_interrupted.load(Ordering::Relaxed);
    let dropped = bench.count(bench.registry.builtin().dropped_iterations);
    assert_eq!(completed + interrupted + dropped, 20);
    assert!(completed >= 17, "{completed}");
    assert_eq!(bench.state.vus_initialized.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn a_ramping_rate_follows_its_stages() {
    let stage = |seconds, target| RampStage {
        duration: s(seconds),
        target: rate(target),
    };
    let executor = Executor::RampingArrivalRate {
        start_rate: rate(0.0),
        time_unit: s(1.0),
        stages: vec![stage(10.0, 20.0), stage(5.0, 20.0)],
        starts: StartOptions {
            vus: VuPool {
                pre_allocated_vus: 5,
                max_vus: 5,
            },
            arrival: Spacing::Uniform,
            iterations: None,
        },
    };
    let bench = Bench::new([scenario(executor)]).workers(2);
    let start = Instant::now();
    bench
        .play_with(sleepers(s(0.01)), move |handle| async move {
            for (time, area) in [(5.01, 25.0), (10.01, 100.0), (12.51, 150.0)] {
                until(start, time).await;
                let scenario = handle.progress().scenarios.remove(0);
                let started = scenario.iterations_completed + scenario.vus_busy;
                assert!(
                    (started as f64 - area).abs() <= 1.0,
                    "{started} at {time} s"
                );
            }
        })
        .await;
    let completed = bench.state.iterations_completed.load(Ordering::Relaxed);
    let interrupted = bench.state.iterations_interrupted.load(Ordering::Relaxed);
    assert_eq!(completed + interrupted, 200);
}

#[tokio::test(start_paused = true)]
async fn a_number_of_iterations_ends_the_scenario_with_the_last_of_them() {
    for (vus, workers) in [(4, 1), (4, 3), (1, 3)] {
        let mut executor = arrivals(10.0, 60.0, vus, vus);
        if let Executor::ConstantArrivalRate { starts, .. } = &mut executor {
            starts.iterations = Some(25);
        }
        let bench = Bench::new([scenario(executor)]).workers(workers);
        let end = bench.play(sleepers(s(0.35))).await;

        let completed = bench.state.iterations_completed.load(Ordering::Relaxed);
        let dropped = bench.count(bench.registry.builtin().dropped_iterations);
        assert_eq!(completed + dropped, 25);
        assert_eq!(dropped > 0, vus == 1, "{dropped} with {vus} VUs");
        // The last start is due at 2.4 s, and is dropped 5 ms later if there is no VU for it.
        let seconds = end.duration.as_secs_f64();
        assert!((2.4..2.9).contains(&seconds), "{seconds} on {workers}");
        assert_eq!(end.cause, EndCause::Finished);
    }
}

#[tokio::test(start_paused = true)]
async fn drops_are_counted_as_they_happen() {
    let bench = Bench::new([scenario(arrivals(100.0, 60.0, 1, 1))]);
    let start = Instant::now();
    bench
        .play_with(sleepers(s(3_600.0)), move |handle| async move {
            until(start, 10.0).await;
            let dropped = handle.progress().scenarios.remove(0).iterations_dropped;
            assert!((985..1_000).contains(&dropped), "{dropped}");
            handle.stop(Duration::ZERO);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn vus_without_a_start_stay_active_until_the_end() {
    let bench = Bench::new([scenario(arrivals(1.0, 5.0, 20, 20))]);
    let start = Instant::now();
    bench
        .play_with(sleepers(s(0.1)), move |handle| async move {
            until(start, 4.9).await;
            assert_eq!(handle.progress().vus_active, 20);
        })
        .await;
    assert_eq!(bench.state.iterations_completed.load(Ordering::Relaxed), 5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// For any load and any number of VUs.
    #[test]
    fn every_planned_start_is_accounted_for(
        per_second in 1_u32..3_000,
        milliseconds in 1_000_u64..4_000,
        (planned, more) in (0_u64..20, 1_u64..10),
        iteration in 0_u64..700,
        graceful_stop in 0_u64..1_000,
        workers in 1_usize..4,
        arrival in prop::sample::select(&Spacing::ALL),
        limit in prop::option::of(1_u64..3_000),
        seed: u64,
    ) {
        let executor = Executor::ConstantArrivalRate {
            rate: rate(f64::from(per_second)),
            time_unit: s(1.0),
            duration: Duration::from_millis(milliseconds),
            starts: StartOptions { vus: VuPool { pre_allocated_vus: planned, max_vus: planned + more, }, arrival, iterations: limit, },
        };
        let scenario =
            Scenario { graceful_stop: Duration::from_millis(graceful_stop), ..scenario(executor) };
        let seed_of_scenario = derive_seed(seed, &scenario.name);
        let starts = scenario.executor.arrivals(seed_of_scenario).map(|starts| starts.count() as u64);
        let mut bench = Bench::new([scenario]).workers(workers);
        bench.plan.seed = seed;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let end = runtime.block_on(bench.play(sleepers(Duration::from_millis(iteration))));

        prop_assert_eq!(end.cause, EndCause::Finished);
        let completed = bench.state.iterations_completed.load(Ordering::Relaxed);
        let interrupted = bench.state.iterations_interrupted.load(Ordering::Relaxed);
        let builtin = bench.registry.builtin();
        let dropped = bench.count(builtin.dropped_iterations);
        prop_assert_eq!(Some(completed + interrupted + dropped), starts);
        prop_assert_eq!(bench.count(builtin.iterations), completed);
        let late = bench.trend(builtin.schedule_delay).map_or(0, |delay| delay.count());
        prop_assert_eq!(late, completed + interrupted);
        prop_assert!(bench.state.vus_initialized.load(Ordering::Relaxed) <= planned + more);
    }
}
