//! Tests of threads. They do not depend on the speed of the machine.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::kit::*;
use crate::load::{Spacing, StartRate};
use crate::options::{Executor, IterationBudget, Scenario, StartOptions, VuPool};
use crate::runner::EndCause;
use crate::vu::ScenarioStatus;

const LONG: Duration = Duration::from_mins(1);

#[test]
fn workers_split_the_vus_and_lose_no_iteration() {
    let bench = Bench::new([scenario(shared(10, 5_000))]).workers(2);
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let log = Arc::clone(&seen);
    let caller = std::thread::current().id();
    let handle = bench.start(&vus(move |info, _| {
        assert_ne!(std::thread::current().id(), caller);
        let thread = std::thread::current().name().map(str::to_owned);
        log.lock().unwrap().insert((info.worker, thread));
        async {
            tokio::task::yield_now().await;
            Ok(())
        }
    }));
    let end = handle.wait(LONG).expect("the run is over");

    assert_eq!(
        (end.cause, end.abandoned.len(), end.panics),
        (EndCause::Finished, 0, 0)
    );
    assert_eq!(
        bench.state.iterations_completed.load(Ordering::Relaxed),
        5_000
    );
    assert_eq!(bench.count(bench.registry.builtin().iterations), 5_000);
    for (worker, name) in seen.lock().unwrap().iter() {
        assert_eq!(
            name.as_deref(),
            Some(format!("ssel-worker-{worker}").as_str())
        );
    }
}

#[test]
fn there_are_no_more_workers_than_vus() {
    let bench = Bench::new([scenario(per_vu(2, 1))]).workers(64);
    let workers = Arc::new(Mutex::new(BTreeSet::new()));
    let log = Arc::clone(&workers);
    let handle = bench.start(&vus(move |info, _| {
        log.lock().unwrap().insert(info.worker);
        async { Ok(()) }
    }));
    assert!(handle.wait(LONG).is_some());
    assert_eq!(*workers.lock().unwrap(), BTreeSet::from([0, 1]));
}

#[test]
fn a_run_without_scenarios_ends_immediately() {
    let end = Bench::new([]).start(&sleepers(LONG)).wait(LONG);
    assert_eq!(end.map(|end| end.cause), Some(EndCause::Finished));
}

#[test]
fn a_single_iteration_waits_for_no_timer() {
    // At most ten minutes; ten and a half with the graceful stop.
    let executor = per_vu(1, 1);
    let bench = Bench::new([Scenario {
        graceful_stop: s(30.0),
        ..scenario(executor)
    }]);
    let handle = bench.start(&vus(|_, _| async { Ok(()) }));
    assert_eq!(
        handle.wait(LONG).map(|end| end.cause),
        Some(EndCause::Finished)
    );
}

#[test]
fn a_stop_from_another_thread_reaches_all_workers() {
    let executor = constant(4, LONG);
    let bench = Bench::new([Scenario {
        graceful_stop: LONG,
        ..scenario(executor)
    }])
    .workers(2);
    let (started, starts) = channel();
    let handle = bench.start(&vus(move |_, _| {
        started.send(()).unwrap();
        pending()
    }));
    assert_eq!(handle.wait(Duration::ZERO), None);
    starts.iter().take(4).for_each(drop);
    handle.clone().stop(Duration::ZERO);
    let end = handle.wait(LONG).expect("the run is over");
    assert_eq!(end.cause, EndCause::Stopped);
    assert_eq!(
        bench.state.iterations_interrupted.load(Ordering::Relaxed),
        4
    );
}

#[test]
fn an_abort_from_outside_ends_the_wait() {
    let bench = Bench::new([scenario(constant(1, LONG))]);
    let handle = bench.start(&vus(|_, _| pending()));
    bench.state.abort("a threshold");
    let end = handle.wait(LONG).expect("the run is over");
    assert_eq!(end.cause, EndCause::Aborted("a threshold".into()));
}

/// VU 1 blocks its thread until the sender is dropped.
fn with_a_blocker(until: Receiver<()>) -> (Arc<Closures>, Receiver<()>) {
    let until = Mutex::new(until);
    let (blocking, blocks) = channel();
    let factory = vus(move |info, iteration| {
        if info.id == 1 && iteration.number_in_vu == 1 {
            blocking.send(()).unwrap();
            let _ = until.lock().unwrap().recv();
        }
        nap(Duration::from_millis(1))
    });
    (factory, blocks)
}

#[test]
fn a_vu_that_blocks_its_thread_is_abandoned() {
    let bench = Bench::new([scenario(constant(4, LONG))]).workers(2);
    let (let_go, until) = channel();
    let (factory, blocks) = with_a_blocker(until);
    let handle = bench.start(&factory);
    blocks.recv().unwrap();
    assert_eq!(handle.stuck(), [], "not for so short a time");
    let stopped = Instant::now();
    handle.stop(Duration::ZERO);
    let end = handle
        .wait(LONG)
        .expect("the stuck worker is not waited for");

    assert!(stopped.elapsed() >= Duration::from_secs(1));
    assert_eq!(end.cause, EndCause::Stopped);
    let stuck: Vec<_> = end
        .abandoned
        .iter()
        .map(|vu| (vu.scenario.as_str(), vu.vu))
        .collect();
    assert_eq!(stuck, [("default", 1)]);
    assert!(end.abandoned[0].busy >= Duration::from_secs(1));
    assert_eq!(handle.stuck().len(), 1);

    // The samples are complete, every iteration is counted, and nothing follows the end.
    let completed = bench.state.iterations_completed.load(Ordering::Relaxed);
    assert!(completed >= 1);
    assert_eq!(bench.count(bench.registry.builtin().iterations), completed);
    let scenario = handle.progress().scenarios.remove(0);
    assert_eq!(scenario.vus_busy, 0);
    assert!(scenario.iterations_interrupted >= 1);
    drop(let_go);
    assert_eq!(handle.wait(LONG), Some(end));
    assert_eq!(
        bench.state.iterations_completed.load(Ordering::Relaxed),
        completed
    );
}

#[test]
fn a_run_ends_without_a_blocked_vu() {
    let executor = Executor::PerVuIterations(IterationBudget {
        vus: 2,
        iterations: 3,
        max_duration: s(1.0),
    });
    let bench = Bench::new([scenario(executor)]).workers(2);
    let (let_go, until) = channel();
    let (factory, blocks) = with_a_blocker(until);
    let handle = bench.start(&factory);
    blocks.recv().unwrap();
    let end = handle
        .wait(LONG)
        .expect("the stuck worker is not waited for");

    assert_eq!((end.cause, end.abandoned.len()), (EndCause::Finished, 1));
    let scenario = handle.progress().scenarios.remove(0);
    assert_eq!(scenario.status, ScenarioStatus::Interrupted);
    let counted = scenario.iterations_completed
        + scenario.iterations_interrupted
        + scenario.iterations_dropped;
    assert_eq!((counted, scenario.vus_busy), (6, 0));
    drop(let_go);
}

#[test]
fn a_blocked_worker_does_not_prevent_more_vus() {
    let executor = Executor::ConstantArrivalRate {
        rate: StartRate::from(20),
        time_unit: s(1.0),
        duration: LONG,
        starts: StartOptions {
            vus: VuPool {
                pre_allocated_vus: 1,
                max_vus: 20,
            },
            arrival: Spacing::Uniform,
            iterations: None,
        },
    };
    let bench = Bench::new([scenario(executor)]).workers(2);
    let (let_go, until) = channel::<()>();
    let until = Mutex::new(until);
    // The first VU of the second worker blocks its thread; those of the first worker wait.
    let handle = bench.start(&vus(move |info, _| {
        if info.worker == 1 {
            let _ = until.lock().unwrap().recv();
        }
        nap(LONG)
    }));
    let deadline = Instant::now() + LONG;
    while handle.progress().vus_made < 5 {
        assert!(Instant::now() < deadline, "{:?}", handle.progress());
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(let_go);
    handle.stop(Duration::ZERO);
    assert!(handle.wait(LONG).is_some());
}

#[test]
fn a_blocked_thread_has_lag_for_every_instant() {
    const STILL: Duration = Duration::from_millis(300);
    let bench = Bench::new([scenario(per_vu(1, 1))]);
    let handle = bench.start(&vus(|_, _| {
        let start = Instant::now();
        while start.elapsed() < STILL {
            std::hint::spin_loop();
        }
        nap(s(0.1))
    }));
    let end = handle.wait(LONG).expect("the run is over");
    assert!(end.cpu.len() == 1 && end.cpu[0] > Duration::ZERO, "{end:?}");
    let lag = bench.trend(bench.registry.builtin().client_lag).unwrap();
    assert!(lag.count() >= 14, "{lag:?}");
    assert!(lag.max() >= 0.25, "{lag:?}");
}

#[test]
fn a_vu_that_blocks_its_creation_does_not_delay_a_stop() {
    struct Stuck(Mutex<Receiver<()>>, AtomicBool);
    impl crate::vu::VuFactory for Stuck {
        type Vu = ClosureVu;
        fn make(&self, _: crate::vu::VuInfo) -> Result<ClosureVu, crate::vu::IterationError> {
            self.1.store(true, Ordering::Release);
            let _ = self.0.lock().unwrap().recv();
            Err(crate::vu::IterationError::Raised("too late".into()))
        }
    }
    let (let_go, until) = channel();
    let bench = Bench::new([scenario(constant(1, LONG))]);
    let factory = Arc::new(Stuck(Mutex::new(until), AtomicBool::new(false)));
    let handle = bench.start(&factory);
    while !factory.1.load(Ordering::Acquire) {
        std::thread::yield_now();
    }
    handle.stop(Duration::MAX);
    let end = handle
        .wait(LONG)
        .expect("the stuck worker is not waited for");
    assert_eq!(end.cause, EndCause::Stopped);
    assert_eq!(end.abandoned.len(), 1);
    drop(let_go);
}

#[test]
fn a_panic_while_a_vu_is_created_ends_the_run() {
    struct Panics;
    impl crate::vu::VuFactory for Panics {
        type Vu = ClosureVu;
        fn make(&self, _: crate::vu::VuInfo) -> Result<ClosureVu, crate::vu::IterationError> {
            std::panic::resume_unwind(Box::new("on purpose"))
        }
    }
    let bench = Bench::new([scenario(constant(2, LONG))]).workers(2);
    let end = bench
        .start(&Arc::new(Panics))
        .wait(LONG)
        .expect("the run is over");
    assert_eq!(end.cause, EndCause::Internal("on purpose".into()));
}

/// Counts when it is dropped, like an interrupted stream.
struct CountsOnDrop(crate::metrics::Recorder, crate::metrics::Series);

impl Drop for CountsOnDrop {
    fn drop(&mut self) {
        self.0.add(&self.1, 1.0);
    }
}

#[test]
fn the_run_ends_when_nothing_can_record_any_more() {
    for (vus, workers) in [(1, 1), (61, 1), (129, 2), (1000, 2)] {
        let bench = Bench::new([scenario(constant(vus, s(0.2)))]).workers(workers);
        let metric = bench.registry.builtin().sse_errors;
        let handle = bench.start(&self::vus(move |info, _| async move {
            let series = info.recorder.series(metric, &info.scenario.tags);
            let counts = CountsOnDrop(info.recorder.clone(), series);
            // A separate task that nothing waits for: it ends with the tasks of the thread.
            tokio::task::spawn_local(async move {
                let _counts = counts;
                std::future::pending::<()>().await;
            });
            std::future::pending().await
        }));
        assert!(handle.wait(s(60.0)).is_some());
        assert_eq!(bench.count(metric), vus, "{vus} VUs on {workers} workers");
    }
}
