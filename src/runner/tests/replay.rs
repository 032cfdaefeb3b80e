//! The executor that replays starts.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use super::kit::*;
use crate::options::{Executor, VuPool};
use crate::runner::EndCause;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every planned start is made at its time and with its number, or counted as dropped.
    #[test]
    fn every_start_is_made_with_its_number_or_dropped(
        mut millis in prop::collection::vec(0_u64..3_000, 1..300),
        vus_made in 1_u64..12,
        time in 0_u64..400,
        duration in 1_000_u64..4_000,
        workers in 1_usize..4,
    ) {
        millis.sort_unstable();
        let duration = Duration::from_millis(duration);
        let starts: Vec<Duration> = millis.iter().map(|ms| Duration::from_millis(*ms)).collect();
        let planned = starts.iter().filter(|start| **start < duration).count() as u64;
        let executor = Executor::Replay {
            starts: starts.clone().into(),
            duration,
            vus: VuPool { pre_allocated_vus: vus_made, max_vus: vus_made, },
        };
        let bench = Bench::new([scenario(executor)]).workers(workers);
        let seen = Arc::new(Mutex::new(BTreeMap::new()));
        let log = Arc::clone(&seen);
        let time = Duration::from_millis(time);
        let iterate = vus(move |_, iteration| {
            let start = (iteration.scheduled.unwrap(), iteration.delay.unwrap());
            let again = log.lock().unwrap().insert(iteration.planned_number.unwrap(), start);
            assert_eq!(again, None, "a start is made once");
            // Some iterations are quick.
            nap(time * u32::from(iteration.number_in_vu % 2 == 0))
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let end = runtime.block_on(bench.play(iterate));

        prop_assert_eq!(end.cause, EndCause::Finished);
        let seen = seen.lock().unwrap();
        for (number, (scheduled, delay)) in seen.iter() {
            prop_assert_eq!(*scheduled, starts[usize::try_from(*number).unwrap()]);
            prop_assert!(*delay <= Duration::from_millis(502), "{:?}", delay);
        }
        let dropped = bench.count(bench.registry.builtin().dropped_iterations);
        prop_assert_eq!(seen.len() as u64 + dropped, planned);
        let completed = bench.state.iterations_completed.load(Ordering::Relaxed);
        let interrupted = bench.state.iterations_interrupted.load(Ordering::Relaxed);
        prop_assert_eq!(completed + interrupted, seen.len() as u64);
    }
}
