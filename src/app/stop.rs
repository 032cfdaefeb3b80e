//! Stops a command from outside: by a signal, or by the embedding program.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// How often a thread that waits checks for a stop: the delay of Ctrl-C that a person notices.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How long iterations may continue after a stop, unless `graceful_stop` is set.
pub(super) const GRACE: Duration = Duration::from_millis(500);

/// The result is shown at the latest this long after a stop and after the end of the load, even if scripts still run.
const RESULT_AFTER_STOP: Duration = Duration::from_millis(1_750);
const RESULT_AFTER_LOAD: Duration = Duration::from_millis(250);

/// How long outputs may take for the remaining samples after a stop and after the end of the load. The other files must be
/// written before the sender of the signal sends a stronger one.
const OUTPUTS_AFTER_STOP: Duration = Duration::from_secs(3);
const OUTPUTS_AFTER_LOAD: Duration = Duration::from_secs(2);

/// Ends a run early, from any thread. Clones share their state.
///
/// The result then covers the run up to that point, and is reported as usual.
#[derive(Debug, Clone, Default)]
pub struct Stopper(Arc<StopState>);

#[derive(Debug, Default)]
struct StopState {
    asked: AtomicU8,
    since: OnceLock<Instant>,
}

impl Stopper {
    /// Creates a stopper that has not been stopped.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the run gracefully: iterations may finish within the option `graceful_stop`, by default 500 ms.
    pub fn stop(&self) {
        self.ask(1);
    }

    /// Ends the run immediately: iterations are interrupted where they wait. Results are still written.
    pub fn stop_now(&self) {
        self.ask(2);
    }

    /// Whether [`stop`](Self::stop) or [`stop_now`](Self::stop_now) was called.
    pub fn is_stopped(&self) -> bool {
        self.asked() > 0
    }

    /// Whether [`stop_now`](Self::stop_now) was called.
    pub fn is_urgent(&self) -> bool {
        self.asked() > 1
    }

    /// Whether the result of a load that ended at `load_end` is due, even if scripts still run.
    pub(super) fn is_result_due(&self, load_end: Instant) -> bool {
        self.is_late(RESULT_AFTER_STOP, load_end, RESULT_AFTER_LOAD)
    }

    /// Whether the outputs of a load that ended at `load_end` are no longer waited for.
    pub(super) fn are_outputs_late(&self, load_end: Instant) -> bool {
        self.is_late(OUTPUTS_AFTER_STOP, load_end, OUTPUTS_AFTER_LOAD)
    }

    fn is_late(&self, after_stop: Duration, load_end: Instant, after_load: Duration) -> bool {
        let since = self.0.since.get();
        let is_over = |since: &Instant| since.elapsed() >= after_stop;
        self.is_urgent() || since.is_some_and(is_over) && load_end.elapsed() >= after_load
    }

    /// Blocks the thread until a stop.
    pub(crate) fn wait(&self) {
        while !self.is_stopped() {
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Waits for a stop.
    pub(super) async fn stopped(&self) {
        while !self.is_stopped() {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    fn ask(&self, level: u8) {
        let _ = self.0.since.set(Instant::now());
        self.0.asked.fetch_max(level, Ordering::AcqRel);
    }

    fn asked(&self) -> u8 {
        self.0.asked.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_never_weakened() {
        let stopper = Stopper::new();
        assert!(!stopper.is_stopped());
        stopper.clone().stop();
        assert!(stopper.is_stopped() && !stopper.is_urgent());
        stopper.stop_now();
        stopper.stop();
        assert!(stopper.is_urgent() && stopper.is_result_due(Instant::now()));
    }
}
