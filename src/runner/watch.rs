//! Detects VUs that block their thread.
//!
//! A VU waits by giving its thread back; one that loops endlessly in its script does not, and no timer on that thread
//! can end it. So each worker writes down which VU has the thread and since when, for other threads to read. Nothing is
//! interrupted: whatever the VU is stuck in, compiled loop, pattern match or finalizer, it can be seen and left behind.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// From when on a VU that has its thread counts as stuck.
pub(super) const STUCK: Duration = Duration::from_secs(1);

/// A VU that has had its thread for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StuckVu {
    /// Name of its scenario.
    pub scenario: String,
    /// The VU, from 1.
    pub vu: u64,
    /// How long it has not given its thread back; all other VUs of the thread have waited as long.
    pub busy: Duration,
}

/// Who has a worker's thread. Written by that thread alone, whenever a VU goes on, and read by any; on cache lines of its
/// own, so that threads do not slow each other down.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Busy {
    epoch: Instant,
    /// Nanoseconds since the epoch, plus one; 0 while the thread is free.
    since: AtomicU64,
    /// The VU and the place of its scenario in the plan.
    vu: AtomicU64,
    scenario: AtomicU64,
}

/// Who has had the thread, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) vu: u64,
    pub(super) scenario: usize,
    pub(super) busy: Duration,
}

impl Busy {
    /// No VU has the thread.
    pub(super) fn new(epoch: Instant) -> Self {
        let (since, vu, scenario) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Self {
            epoch,
            since,
            vu,
            scenario,
        }
    }

    /// Runs `work` while the thread is marked as held by a VU since `now`.
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

    /// Who has the thread at `now`, `None` while it is free.
    pub(super) fn holder(&self, now: Instant) -> Option<Holder> {
        let since = self.since.load(Ordering::Acquire).checked_sub(1)?;
        let busy = now.saturating_duration_since(self.epoch + Duration::from_nanos(since));
        let vu = self.vu.load(Ordering::Relaxed);
        let scenario = usize::try_from(self.scenario.load(Ordering::Relaxed)).unwrap_or_default();
        Some(Holder { vu, scenario, busy })
    }

    /// Whether some VU has had the thread for too long.
    pub(super) fn is_stuck(&self, now: Instant) -> bool {
        self.holder(now).is_some_and(|holder| holder.busy >= STUCK)
    }
}

/// Frees the thread also when the work panics.
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
    fn tells_who_has_the_thread_and_for_how_long() {
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
