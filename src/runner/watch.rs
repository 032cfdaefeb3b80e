//! Detects VUs that block their thread.
//!
//! A VU yields its thread when it waits. A VU whose script loops endlessly never yields, and no timer on that thread can end
//! it. Therefore each worker stores which VU holds the thread and since when, and other threads read it. Nothing has to be
//! interrupted, so this detects any kind of loop: compiled code, a pattern match, a finalizer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A VU that holds its thread for this long counts as stuck.
pub(super) const STUCK: Duration = Duration::from_secs(1);

/// A VU that blocks its thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StuckVu {
    /// The name of its scenario.
    pub scenario: String,
    /// The VU, from 1.
    pub vu: u64,
    /// How long it has held the thread; all other VUs of the thread have been waiting as long.
    pub busy: Duration,
}

/// The VU that holds a worker's thread. Only that thread writes it, whenever a VU runs; any thread may read it. It has its own
/// cache lines, so that threads do not slow each other down.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Busy {
    epoch: Instant,
    /// Nanoseconds since the epoch, plus one; 0 while the thread is free.
    since: AtomicU64,
    /// The VU, and the index of its scenario in the plan.
    vu: AtomicU64,
    scenario: AtomicU64,
}

/// The VU that holds the thread, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) vu: u64,
    pub(super) scenario: usize,
    pub(super) busy: Duration,
}

impl Busy {
    /// A thread that no VU holds.
    pub(super) fn new(epoch: Instant) -> Self {
        let (since, vu, scenario) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Self {
            epoch,
            since,
            vu,
            scenario,
        }
    }

    /// Runs `work` and marks the thread as held by a VU since `now` meanwhile.
    pub(super) fn hold<T>(
        &self,
        vu: u64,
        scenario: usize,
        now: Instant,
        work: impl FnOnce() -> T,
    ) -> T {
        let since = now.saturating_duration_since(self.epoch).as_nanos();
        self.vu.store(vu, Ordering::Relaxed);
        self.scenario.store(scenario as u64, Ordering::Relaxed);
        self.since.store(
            u64::try_from(since).unwrap_or(u64::MAX - 1) + 1,
            Ordering::Release,
        );
        let _free = Free(&self.since);
        work()
    }

    /// The VU that holds the thread at `now`; `None` while it is free.
    pub(super) fn holder(&self, now: Instant) -> Option<Holder> {
        let since = self.since.load(Ordering::Acquire).checked_sub(1)?;
        let busy = now.saturating_duration_since(self.epoch + Duration::from_nanos(since));
        let vu = self.vu.load(Ordering::Relaxed);
        let scenario = usize::try_from(self.scenario.load(Ordering::Relaxed)).unwrap_or_default();
        Some(Holder { vu, scenario, busy })
    }

    /// Whether a VU blocks the thread.
    pub(super) fn is_stuck(&self, now: Instant) -> bool {
        self.holder(now).is_some_and(|holder| holder.busy >= STUCK)
    }
}

/// Frees the thread, even if the work panics.
struct Free<'a>(&'a AtomicU64);

impl Drop for Free<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_thread_and_its_time_are_known() {
        let epoch = Instant::now();
        let busy = Busy::new(epoch);
        assert_eq!(busy.holder(epoch), None);
        busy.hold(7, 2, epoch, || {
            let holder = busy.holder(epoch + Duration::from_secs(3));
            assert_eq!(
                holder,
                Some(Holder {
                    vu: 7,
                    scenario: 2,
                    busy: Duration::from_secs(3)
                })
            );
        });
        assert_eq!(busy.holder(epoch + Duration::from_secs(4)), None);
    }

    #[test]
    fn a_panic_frees_the_thread() {
        let epoch = Instant::now();
        let busy = Busy::new(epoch);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            busy.hold(1, 0, epoch, || std::panic::panic_any("on purpose"));
        }));
        assert!(panicked.is_err());
        assert_eq!(busy.holder(epoch), None);
    }
}
