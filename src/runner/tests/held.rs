//! A held load, which starts at a given time.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::kit::*;
use crate::runner::EndCause;

fn held() -> Bench {
    let mut bench = Bench::new([scenario(constant(2, s(3.0)))]).workers(2);
    bench.plan.hold = true;
    bench
}

#[tokio::test(start_paused = true)]
async fn a_held_load_starts_at_its_instant() {
    let start = Instant::now();
    let bench = held();
    let end = bench
        .play_with(sleepers(s(1.0)), move |handle| async move {
            sleep(s(5.0)).await;
            assert!(handle.is_ready());
            assert_eq!(handle.progress().elapsed, None);
            handle.start_at((start + s(8.0)).into_std());
            handle.start_at((start + s(6.0)).into_std());
            sleep(s(2.0)).await;
            assert_eq!((handle.progress().elapsed, handle.begun()), (None, None));
            sleep(s(2.0)).await;
            let begun = handle.begun().unwrap() - start.into_std();
            assert_eq!(begun.as_millis() / 10, 800);
        })
        .await;
    assert_eq!(end.cause, EndCause::Finished);
    assert_eq!(end.duration.as_millis() / 10, 300);
    assert_eq!(start.elapsed().as_millis() / 10, 1100);
}

#[tokio::test(start_paused = true)]
async fn a_held_load_can_be_stopped() {
    for is_set in [false, true] {
        let bench = held();
        let end = bench
            .play_with(sleepers(s(1.0)), move |handle| async move {
                if is_set {
                    handle.start_at((Instant::now() + s(60.0)).into_std());
                }
                sleep(s(1.0)).await;
                handle.stop(Duration::ZERO);
            })
            .await;
        assert_eq!(end.cause, EndCause::Stopped);
    }
}
