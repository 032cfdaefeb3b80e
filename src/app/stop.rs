//! Stops a command from outside: by a signal, or by the embedding program.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// How often whoever waits for something else looks for a stop: what a person notices of a delayed Ctrl-C.
pub(super) const GLANCE: Duration = Duration::from_millis(50);

/// How long iterations that run may go on after a stop, where no option says otherwise.
pub(super) const GRACE: Duration = Duration::from_millis(500);

/// When the result is shown at the latest, whatever scripts do: so long after a stop, and so long after the end of the load.
const RESULT_AFTER_STOP: Duration = Duration::from_millis(1_750);
const RESULT_AFTER_LOAD: Duration = Duration::from_millis(250);

/// How long outputs may take for the samples that are left, after a stop and after the end of the load: what else is to be
/// written must be there before whoever has sent the signal loses patience.
const OUTPUTS_AFTER_STOP: Duration = Duration::from_secs(3);
const OUTPUTS_AFTER_LOAD: Duration = Duration::from_secs(2);

/// Asks for the end, from any thread and at any time. Clones are the same.
///
/// | asked | what a script does is | results |
/// |---|---|---|
/// | once ([`Stopper::stop`]) | cut off after a moment, or after the option `graceful_stop` | shown and written |
/// | again ([`Stopper::stop_now`]) | cut off where it waits | shown and written |
#[derive(Debug, Clone, Default)]
pub struct Stopper(Arc<State>);

#[derive(Debug, Default)]
struct State {
    asked: AtomicU8,
    since: OnceLock<Instant>,
}

impl Stopper {
    /// Nobody has asked for the end yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the end in good order: what runs may end by itself within a moment.
    pub fn stop(&self) {
        self.ask(1);
    }

    /// Asks for the end as soon as results are shown and written: nothing of the script is waited for.
    pub fn stop_now(&self) {
        self.ask(2);
    }

    /// Whether the end was asked for.
    pub fn is_stopped(&self) -> bool {
        self.asked() > 0
    }

    /// Whether nothing of the script is to be waited for any more.
    pub fn is_urgent(&self) -> bool {
        self.asked() > 1
    }

    /// Whether the result of a load that was over at `load_end` is to be shown now, whatever scripts do.
    pub(super) fn is_result_due(&self, load_end: Instant) -> bool {
        self.is_late(RESULT_AFTER_STOP, load_end, RESULT_AFTER_LOAD)
    }

    /// Whether the outputs of a load that was over at `load_end` are waited for no more.
    pub(super) fn are_outputs_late(&self, load_end: Instant) -> bool {
        self.is_late(OUTPUTS_AFTER_STOP, load_end, OUTPUTS_AFTER_LOAD)
    }

    fn is_late(&self, after_stop: Duration, load_end: Instant, after_load: Duration) -> bool {
        let since = self.0.since.get();
        let is_over = |since: &Instant| since.elapsed() >= after_stop;
        self.is_urgent() || since.is_some_and(is_over) && load_end.elapsed() >= after_load
    }

    /// Waits for a stop, holding the thread.
    pub(crate) fn wait(&self) {
        while !self.is_stopped() {
            std::thread::sleep(GLANCE);
        }
    }

    /// Waits for a stop.
    pub(super) async fn stopped(&self) {
        while !self.is_stopped() {
            tokio::time::sleep(GLANCE).await;
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
    fn what_was_asked_for_is_not_taken_back() {
        let stopper = Stopper::new();
        assert!(!stopper.is_stopped());
        stopper.clone().stop();
        assert!(stopper.is_stopped() && !stopper.is_urgent());
        stopper.stop_now();
        stopper.stop();
        assert!(stopper.is_urgent() && stopper.is_result_due(Instant::now()));
    }
}
