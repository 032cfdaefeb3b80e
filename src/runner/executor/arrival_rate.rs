//! `constant-arrival-rate` and `ramping-arrival-rate`: starts come at a rate, however long iterations take. Idle VUs claim
//! the planned starts and sleep until they are due; the two differ only in the curve these follow.

use std::sync::Arc;
use std::time::Duration;

use super::{Executor, Start, Turn, Work};
use crate::load::{Arrivals, Claims};
use crate::runner::timeline::Timeline;

/// How late a start may be before it counts as dropped: as much as a timer or a busy thread may be off, and long
/// enough for a VU that is made for it. How late it was is recorded in `schedule_delay`.
pub(in crate::runner) const PATIENCE: Duration = Duration::from_millis(5);

pub(super) struct ArrivalRate {
    duration: Duration,
    claims: Arc<Claims>,
}

impl ArrivalRate {
    /// Starts as planned.
    pub(super) fn new(starts: Arrivals) -> Self {
        Self {
            duration: starts.curve().duration(),
            claims: Arc::new(Claims::with_patience(starts, PATIENCE)),
        }
    }
}

impl Executor for ArrivalRate {
    fn timeline(&self, _vus: &[u64], graceful_stop: Duration) -> Timeline {
        Timeline::steady(self.duration, graceful_stop)
    }

    fn work(&self) -> Box<dyn Work> {
        Box::new(Claimant(Arc::clone(&self.claims)))
    }

    fn claims(&self) -> Option<&Claims> {
        Some(&self.claims)
    }
}

struct Claimant(Arc<Claims>);

impl Work for Claimant {
    fn next(&mut self, now: Duration) -> Turn {
        let claim = self.0.claim(now);
        let start = match claim.slot {
            Some(slot) => Start::At(slot.due),
            None if self.0.is_complete() => Start::Done,
            None => Start::Never,
        };
        Turn {
            start,
            dropped: claim.dropped,
        }
    }
}
