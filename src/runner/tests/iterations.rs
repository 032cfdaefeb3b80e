//! Executors with a fixed number of iterations, and how iterations are numbered and counted.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use tokio::time::{Instant, sleep};

use super::kit::*;
use crate::options::{Executor, IterationBudget, Scenario};
use crate::runner::{EndCause, RunEvent};
use crate::vu::{IterationError, ScenarioStatus};

#[tokio::test(start_paused = true)]
async fn each_shared_iteration_runs_once_on_a_free_vu() {
    let bench = Bench::new([scenario(shared(4, 103))]).workers(2);
    let numbers = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&numbers);
    let end = bench
        .play(vus(move |info, iteration| {
            seen.lock()
                .unwrap()
                .push((iteration.number_in_scenario, info.id));
            // VU 1 is much quicker than the others.
            nap(s(if info.id == 1 { 0.011 } else { 0.1 }))
        }))
        .await;

    assert_eq!(end.cause, EndCause::Finished);
    let numbers = numbers.lock().unwrap();
    let mut all: Vec<u64> = numbers.iter().map(|(number, _)| *number).collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..103));
    let by_first = numbers.iter().filter(|(_, vu)| *vu == 1).count();
    assert!(by_first > 60, "the quick VU did only {by_first}");
    let builtin = bench.registry.builtin();
    assert_eq!(bench.count(builtin.iterations), 103);
    assert_eq!(
        bench.trend(builtin.iteration_duration).unwrap().count(),
        103
    );
    assert_eq!(
        bench.state.iterations_completed.load(Ordering::Relaxed),
        103
    );
    assert_eq!(bench.state.vus_active.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn every_vu_runs_its_own_iterations() {
    let bench = Bench::new([scenario(per_vu(5, 7))]).workers(2);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    bench
        .play(vus(move |info, iteration| {
            log.lock()
                .unwrap()
                .push((info.id, info.worker, iteration.number_in_vu));
            async { Ok(()) }
        }))
        .await;

    let seen = seen.lock().unwrap();
    let got: BTreeSet<_> = seen.iter().copied().collect();
    let expected: BTreeSet<_> = (1..=5_u64)
        .flat_map(|vu| (0..7).map(move |number| (vu, usize::from(vu % 2 == 0), number)))
        .collect();
    assert_eq!((seen.len(), got), (35, expected));
}

#[tokio::test(start_paused = true)]
async fn vu_numbers_are_consecutive_across_scenarios() {
    let named = |name: &str, executor| Scenario {
        name: name.into(),
        ..scenario(executor)
    };
    let bench = Bench::new([named("a", per_vu(2, 1)), named("b", per_vu(3, 1))]);
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let log = Arc::clone(&seen);
    bench
        .play(vus(move |info, _| {
            let scenario = &info.scenario;
            let tag = scenario.tags.get("scenario").map(str::to_owned);
            log.lock()
                .unwrap()
                .insert((info.id, scenario.name.clone(), tag));
            async { Ok(()) }
        }))
        .await;
    let row = |id, name: &str| (id, name.to_owned(), Some(name.to_owned()));
    let expected = [
        row(1, "a"),
        row(2, "a"),
        row(3, "b"),
        row(4, "b"),
        row(5, "b"),
    ];
    assert_eq!(*seen.lock().unwrap(), BTreeSet::from(expected));
}

#[tokio::test(start_paused = true)]
async fn iterations_that_do_not_start_within_max_duration_are_dropped_with_a_warning() {
    let executor = Executor::SharedIterations(IterationBudget {
        vus: 1,
        iterations: 10,
        max_duration: s(1.0),
    });
    let bench = Bench::new([Scenario {
        graceful_stop: s(30.0),
        ..scenario(executor)
    }]);
    let end = bench.play(sleepers(s(0.3))).await;

    assert_eq!(end.cause, EndCause::Finished);
    let builtin = bench.registry.builtin();
    assert_eq!(bench.state.iterations_completed.load(Ordering::Relaxed), 4);
    assert_eq!(bench.count(builtin.dropped_iterations), 6);
    let warnings = bench.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("max_duration (1s)"), "{warnings:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_iteration_is_reported_and_counts_as_complete() {
    let bench = Bench::new([scenario(per_vu(1, 2))]);
    bench
        .play(vus(|_, iteration| async move {
            match iteration.number_in_vu {
                0 => Err(IterationError::Raised("script.lua:3: no".into())),
                _ => Ok(()),
            }
        }))
        .await;

    assert_eq!(bench.state.iterations_completed.load(Ordering::Relaxed), 2);
    let errors: Vec<RunEvent> = bench
        .events
        .try_iter()
        .filter(|event| !matches!(event, RunEvent::ScenarioState { .. }))
        .collect();
    let expected = RunEvent::ScriptError {
        scenario: "default".into(),
        vu: 1,
        iteration: 0,
        message: "script.lua:3: no".into(),
    };
    assert_eq!(errors, [expected]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_only_its_iteration_and_is_reported_once() {
    let bench = Bench::new([scenario(per_vu(2, 3))]);
    let end = bench
        .play(vus(|info, iteration| async move {
            sleep(s(0.001)).await;
            if info.id == 1 && iteration.number_in_vu < 2 {
                // Without the message that a panic prints.
                std::panic::resume_unwind(Box::new("on purpose"));
            }
            Ok(())
        }))
        .await;

    assert_eq!((end.cause, end.panics), (EndCause::Finished, 2));
    assert_eq!(bench.state.iterations_completed.load(Ordering::Relaxed), 6);
    let told = |event| match event {
        RunEvent::InternalError {
            vu,
            iteration,
            message,
            ..
        } => Some((vu, iteration, message)),
        _ => None,
    };
    let told: Vec<_> = bench.events.try_iter().filter_map(told).collect();
    assert_eq!(told, [(1, 0, "on purpose".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn the_minimum_duration_does_not_count_as_iteration_duration() {
    let mut bench = Bench::new([scenario(per_vu(1, 4))]);
    bench.plan.min_iteration_duration = s(1.0);
    let start = Instant::now();
    bench.play(sleepers(s(0.2))).await;
    let took = start.elapsed();
    assert!(took >= s(3.2) && took < s(4.1), "{took:?}");
    let durations = bench
        .trend(bench.registry.builtin().iteration_duration)
        .unwrap();
    assert!(durations.max() < 0.21, "{}", durations.max());
}

#[tokio::test(start_paused = true)]
async fn a_scenario_reports_its_status() {
    let late = Scenario {
        start_time: s(5.0),
        ..scenario(per_vu(1, 1))
    };
    let bench = Bench::new([late]);
    let start = Instant::now();
    let end = bench
        .play_with(sleepers(s(1.0)), move |handle| async move {
            until(start, 4.0).await;
            let waiting = handle.progress();
            assert_eq!(waiting.scenarios[0].status, ScenarioStatus::Waiting);
            assert_eq!(
                (waiting.vus_active, waiting.vus_made, waiting.vus_max),
                (0, 1, 1)
            );
            until(start, 5.5).await;
            let running = handle.progress().scenarios.remove(0);
            assert_eq!(running.status, ScenarioStatus::Running);
            assert_eq!((running.vus_busy, running.vus_active), (1, 1));
            assert_eq!(
                (running.iterations_completed, running.iterations_total),
                (0, Some(1))
            );
            assert_eq!(running.elapsed.as_millis(), 500);
        })
        .await;
    assert_eq!(
        end.duration.as_secs(),
        6,
        "not the ten minutes it might have taken"
    );
    let states: Vec<_> = bench
        .events
        .try_iter()
        .map(|event| match event {
            RunEvent::ScenarioState { status, .. } => status,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(states, [ScenarioStatus::Running, ScenarioStatus::Done]);
}

#[tokio::test(start_paused = true)]
async fn the_elapsed_time_of_a_scenario_stops_at_its_end() {
    let named = |name: &str, executor| Scenario {
        name: name.to_owned(),
        ..scenario(executor)
    };
    let bench = Bench::new([named("a", per_vu(1, 1)), named("b", constant(1, s(10.0)))]);
    let start = Instant::now();
    bench
        .play_with(sleepers(s(1.0)), move |handle| async move {
            until(start, 5.5).await;
            let scenario = handle.progress().scenarios.remove(0);
            assert_eq!(scenario.status, ScenarioStatus::Done);
            assert_eq!(scenario.elapsed.as_secs(), 1);
        })
        .await;
}
