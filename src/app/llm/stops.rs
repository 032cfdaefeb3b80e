//! One Ctrl-C for several runs.

use std::sync::{Arc, Mutex, PoisonError};

use super::super::Stopper;

/// Ends the run that goes on, and lets no further one begin. Clones are the same.
#[derive(Clone, Default)]
pub struct Stops(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    is_stopped: bool,
    current: Option<Stopper>,
}

impl Stops {
    /// Asks for the end.
    pub fn stop(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_stopped = true;
        if let Some(current) = &state.current {
            current.stop();
        }
    }

    /// Whether the end was asked for.
    pub fn is_stopped(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_stopped
    }

    /// The next run is the one to be ended. False if it should not begin.
    pub(super) fn next(&self, stopper: Stopper) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.current = Some(stopper);
        !state.is_stopped
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Inbox;
    use super::*;

    #[test]
    fn no_run_begins_after_a_stop() {
        let stops = Stops::default();
        let (_inbox, first) = Inbox::new();
        assert!(stops.next(first));
        stops.clone().stop();
        let (_inbox, second) = Inbox::new();
        assert!(stops.is_stopped() && !stops.next(second));
    }
}
