//! Executors with looping VUs.

use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::kit::*;
use crate::load::RampStage;
use crate::options::{Executor, Scenario};
use crate::runner::EndCause;

#[tokio::test(start_paused = true)]
async fn constant_vus_loop_until_the_end_and_are_interrupted() {
    let bench = Bench::new([scenario(constant(3, s(10.0)))]).workers(2);
    let start = Instant::now();
    let end = bench.play(sleepers(s(0.93))).await;

    assert_eq!(end.cause, EndCause::Finished);
    let took = start.elapsed();
    assert!(took >= s(10.0) && took < s(10.01), "{took:?}");
    // 10 whole iterations for each VU; the eleventh ends at 10.23 s.
    let builtin = bench.registry.builtin();
    assert_eq!(bench.state.iterations_completed.load(Ordering::Relaxed), 30);
    assert_eq!(
        bench.state.iterations_interrupted.load(Ordering::Relaxed),
        3
    );
    assert_eq!(
        bench.count(builtin.iterations),
        30,
        "an interrupted one gives no sample"
    );
    assert_eq!(bench.trend(builtin.iteration_duration).unwrap().count(), 30);
}

#[tokio::test(start_paused = true)]
async fn graceful_stop_lets_the_last_iterations_finish() {
    let executor = constant(3, s(10.0));
    let bench = Bench::new([Scenario {
        graceful_stop: s(30.0),
        ..scenario(executor)
    }]);
    let end = bench.play(sleepers(s(0.93))).await;
    assert_eq!(bench.state.iterations_completed.load(Ordering::Relaxed), 33);
    assert_eq!(
        bench.state.iterations_interrupted.load(Ordering::Relaxed),
        0
    );
    assert_eq!(
        end.duration.as_millis() / 100,
        102,
        "no longer than it takes them"
    );
}

#[tokio::test(start_paused = true)]
async fn iterations_that_never_wait_let_other_vus_run() {
    let bench = Bench::new([scenario(constant(2, s(1.0)))]);
    // Paused time advances only when all tasks wait.
    let end = bench
        .play(vus(|info, iteration| async move {
            if iteration.number_in_vu % 10 == 9 {
                tokio::time::sleep(s(0.01)).await;
            }
            info.run
                .vus_active
                .load(Ordering::Relaxed)
                .eq(&2)
                .then_some(())
                .ok_or(crate::vu::IterationError::Raised(
                    "the other VU has no turn".into(),
                ))
        }))
        .await;
    assert_eq!(end.cause, EndCause::Finished);
    assert!(bench.state.iterations_completed.load(Ordering::Relaxed) > 1_000);
}

fn ramp(graceful_ramp_down: f64) -> Executor {
    let stage = |seconds, target| RampStage {
        duration: s(seconds),
        target,
    };
    Executor::RampingVus {
        start_vus: 1,
        // Up to 5 at 4 s, down to 1 at 12 s, steady to 20 s.
        stages: vec![stage(4.0, 5), stage(8.0, 1), stage(8.0, 1)],
        graceful_ramp_down: s(graceful_ramp_down),
    }
}

#[tokio::test(start_paused = true)]
async fn ramping_vus_follow_their_stages() {
    let bench = Bench::new([scenario(ramp(0.0))]).workers(2);
    let start = Instant::now();
    bench
        .play_with(sleepers(s(0.05)), move |handle| async move {
            for (time, expected) in [
                (0.5, 1),
                (1.5, 2),
                (3.5, 4),
                (5.0, 5),
                (7.0, 4),
                (11.0, 2),
                (12.5, 1),
                (19.0, 1),
            ] {
                until(start, time).await;
                assert_eq!(handle.progress().vus_active, expected, "at {time} s");
            }
        })
        .await;
    assert_eq!(bench.state.vus_active.load(Ordering::Relaxed), 0);
    assert_eq!(bench.state.vus_initialized.load(Ordering::Relaxed), 5);
}

#[tokio::test(start_paused = true)]
async fn a_ramped_down_vu_may_finish_its_iteration() {
    // VUs 5, 4, 3 and 2 stop at 6, 8, 10 and 12 s. Their iterations take 3.3 s.
    let counts = async |graceful_ramp_down| {
        let bench = Bench::new([scenario(ramp(graceful_ramp_down))]);
        bench.play(sleepers(s(3.3))).await;
        (
            bench.state.iterations_completed.load(Ordering::Relaxed),
            bench.state.iterations_interrupted.load(Ordering::Relaxed),
        )
    };
    // VU 1 runs 6 and is interrupted at 20 s. VU 2 starts at 1 s and runs 3, the fourth up to 14.2 s; VU 3 at 2 s, 2, the
    // third up to 11.9 s; VU 4 at 3 s, 1, the second up to 9.6 s; VU 5 at 4 s, 0, the first up to 7.3 s.
    assert_eq!(counts(0.0).await, (12, 5));
    assert_eq!(
        counts(1.95).await,
        (15, 2),
        "only that of VU 2 takes longer"
    );
    assert_eq!(counts(30.0).await, (16, 1));
}
