//! Early ends of a run.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::kit::*;
use crate::options::Scenario;
use crate::runner::{EndCause, RunEvent};
use crate::vu::{IterationError, ScenarioStatus, Vu, VuFactory, VuInfo};

#[tokio::test(start_paused = true)]
async fn a_graceful_stop_lets_iterations_finish_within_their_time() {
    let named = |name: &str, graceful_stop| Scenario {
        name: name.into(),
        graceful_stop: s(graceful_stop),
        ..scenario(constant(2, s(60.0)))
    };
    let bench = Bench::new([named("patient", 5.0), named("short", 1.0)]).workers(2);
    let start = Instant::now();
    let end = bench
        .play_with(sleepers(s(3.0)), move |handle| async move {
            until(start, 10.5).await;
            handle.stop(Duration::MAX);
        })
        .await;
    assert_eq!(end.cause, EndCause::Stopped);
    // Iterations start at 9 s. Those of the patient scenario end at 12 s; the others are interrupted at 11.5 s.
    assert_eq!(end.duration.as_millis() / 100, 120);
    assert_eq!(
        bench.state.iterations_completed.load(Ordering::Relaxed),
        4 * 3 + 2
    );
    assert_eq!(
        bench.state.iterations_interrupted.load(Ordering::Relaxed),
        2
    );
    let last = bench.events.try_iter().collect::<Vec<_>>();
    let interrupted = last.iter().filter(|event| {
        matches!(
            event,
            RunEvent::ScenarioState {
                status: ScenarioStatus::Interrupted,
                ..
            }
        )
    });
    assert_eq!(interrupted.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_immediate_stop_drops_all_iterations() {
    let executor = constant(4, s(60.0));
    let bench = Bench::new([Scenario {
        graceful_stop: s(30.0),
        ..scenario(executor)
    }]);
    let start = Instant::now();
    let end = bench
        .play_with(sleepers(s(3.0)), move |handle| async move {
            until(start, 1.0).await;
            handle.stop(Duration::MAX);
            until(start, 2.0).await;
            handle.stop(Duration::ZERO);
            // This has no effect any more.
            handle.stop(Duration::MAX);
        })
        .await;
    assert_eq!(end.cause, EndCause::Stopped);
    assert_eq!(end.duration.as_secs(), 2);
    assert_eq!(bench.state.iterations_completed.load(Ordering::Relaxed), 0);
    assert_eq!(
        bench.state.iterations_interrupted.load(Ordering::Relaxed),
        4
    );
}

#[tokio::test(start_paused = true)]
async fn a_graceful_stop_at_the_end_extends_nothing() {
    let executor = constant(1, s(10.0));
    let bench = Bench::new([Scenario {
        graceful_stop: s(5.0),
        ..scenario(executor)
    }]);
    let start = Instant::now();
    let end = bench
        .play_with(sleepers(s(100.0)), move |handle| async move {
            until(start, 14.0).await;
            handle.stop(Duration::MAX);
        })
        .await;
    assert_eq!(end.duration.as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_scenario_that_has_not_started_never_does() {
    let late = Scenario {
        start_time: s(100.0),
        ..scenario(per_vu(3, 1))
    };
    let bench = Bench::new([late]);
    let start = Instant::now();
    let end = bench
        .play_with(sleepers(s(1.0)), move |handle| async move {
            until(start, 2.0).await;
            handle.stop(Duration::MAX);
        })
        .await;
    assert_eq!(end.duration.as_secs(), 2);
    assert_eq!(bench.state.iterations_completed.load(Ordering::Relaxed), 0);
    assert_eq!(
        bench.count(bench.registry.builtin().dropped_iterations),
        0,
        "not missed"
    );
}

#[tokio::test(start_paused = true)]
async fn an_abort_ends_everything_immediately() {
    let executor = constant(5, s(60.0));
    let bench = Bench::new([Scenario {
        graceful_stop: s(30.0),
        ..scenario(executor)
    }])
    .workers(2);
    let end = bench
        .play(vus(|info, iteration| async move {
            sleep(s(1.0)).await;
            if info.id == 3 && iteration.number_in_vu == 1 {
                info.run.abort("enough");
                return Err(IterationError::Aborted);
            }
            Ok(())
        }))
        .await;
    assert_eq!(end.cause, EndCause::Aborted("enough".into()));
    assert_eq!(end.duration.as_secs(), 2);
    let completed = bench.state.iterations_completed.load(Ordering::Relaxed);
    let interrupted = bench.state.iterations_interrupted.load(Ordering::Relaxed);
    assert!((5..=9).contains(&completed), "{completed}");
    assert!(interrupted >= 1, "that of the VU itself");
    assert_eq!(
        bench
            .events
            .try_iter()
            .filter(|e| matches!(e, RunEvent::ScriptError { .. }))
            .count(),
        0
    );
}

#[tokio::test(start_paused = true)]
async fn an_abort_takes_effect_while_its_iteration_continues() {
    let bench = Bench::new([scenario(constant(2, s(60.0)))]);
    let end = bench
        .play(vus(|info, _| async move {
            sleep(s(1.0)).await;
            if info.id == 1 {
                info.run.abort("from under a pcall");
            }
            pending().await
        }))
        .await;
    assert_eq!(end.cause, EndCause::Aborted("from under a pcall".into()));
    assert_eq!(
        bench.state.iterations_interrupted.load(Ordering::Relaxed),
        2
    );
}

#[tokio::test(start_paused = true)]
async fn no_iteration_starts_after_an_abort() {
    let bench = Bench::new([scenario(constant(3, s(60.0)))]);
    let started = Arc::new(Mutex::new(0));
    let count = Arc::clone(&started);
    bench
        .play(vus(move |info, _| {
            *count.lock().unwrap() += 1;
            info.run.abort("at once");
            async { Ok(()) }
        }))
        .await;
    assert_eq!(*started.lock().unwrap(), 1);
}

/// A factory that fails to create the third VU.
struct Broken;

struct Never(Rc<Cell<u32>>);

impl VuFactory for Broken {
    type Vu = Never;

    fn make(&self, info: VuInfo) -> Result<Never, IterationError> {
        if info.id == 3 {
            return Err(IterationError::Raised("script.lua:1: oops".into()));
        }
        Ok(Never(Rc::default()))
    }
}

impl Vu for Never {
    async fn iterate(&mut self, _: &crate::vu::Iteration) -> Ended {
        self.0.set(self.0.get() + 1);
        pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_vu_that_cannot_be_created_ends_the_run_before_the_load() {
    for workers in [1, 2, 3] {
        let bench = Bench::new([scenario(constant(5, s(60.0)))]).workers(workers);
        let end = bench.play(Arc::new(Broken)).await;
        let error = IterationError::Raised("script.lua:1: oops".into());
        assert_eq!(end.cause, EndCause::Init { vu: 3, error });
        assert_eq!(end.duration, s(0.0));
        assert_eq!(bench.state.load_started(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_iteration_is_dropped_before_the_end() {
    struct Witness(Arc<Mutex<Vec<u64>>>, u64);
    impl Drop for Witness {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(self.1);
        }
    }
    let dropped = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&dropped);
    let bench = Bench::new([scenario(constant(2, s(1.0)))]);
    bench
        .play(vus(move |info, _| {
            let witness = Witness(Arc::clone(&log), info.id);
            async move {
                let _witness = witness;
                pending().await
            }
        }))
        .await;
    assert_eq!(*dropped.lock().unwrap(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_scenario_does_not_start_another_early() {
    let named = |name: &str, start_time, executor| Scenario {
        name: name.into(),
        start_time: s(start_time),
        ..scenario(executor)
    };
    let bench = Bench::new([
        named("first", 0.0, per_vu(1, 1)),
        named("second", 9.0, per_vu(1, 1)),
    ]);
    let start = Instant::now();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    bench
        .play(vus(move |info, _| {
            log.lock()
                .unwrap()
                .push((info.id, start.elapsed().as_secs()));
            nap(s(1.0))
        }))
        .await;
    assert_eq!(*seen.lock().unwrap(), [(1, 0), (2, 9)]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_dropping_is_reported() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("while dropping"));
        }
    }
    let bench = Bench::new([scenario(constant(1, s(1.0)))]);
    let end = bench
        .play(vus(|_, _| async {
            let _bomb = Bomb;
            pending().await
        }))
        .await;
    assert_eq!((end.cause, end.panics), (EndCause::Finished, 1));
}
