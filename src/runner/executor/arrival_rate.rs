//! `constant-arrival-rate` and `ramping-arrival-rate`: starts come at a rate, however long iterations take. Idle VUs claim
//! the planned starts and sleep until they are due; the two differ only in the curve these follow.

use std::sync::Arc;
use std::time::Duration;

use super::{Executor, Start, Turn, Work};
use crate::load::{Arrival, Arrivals, Claims, RateCurve};
use crate::runner::timeline::Timeline;

/// How late a start may be before it counts as dropped: as much as a timer or a busy thread may be off, and long
/// enough for a VU that is made for it. How late it was is recorded in `schedule_delay`.
pub(in crate::runner) const PATIENCE: Duration = Duration::from_millis(5);

pub(super) struct ArrivalRate {
    duration: Duration,
    claims: Arc<Claims>,
}

impl ArrivalRate {
    /// Starts along `curve`; the seed matters to random ones.
    pub(super) fn new(curve: RateCurve, arrival: Arrival, seed: u64) -> Self {
        let duration = curve.duration();
        let claims = Claims::with_patience(Arrivals::new(curve, arrival, seed), PATIENCE);
        Self {
            duration,
            claims: Arc::new(claims),
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
        let start = claim.slot.map_or(Start::Never, |slot| Start::At(slot.due));
        Turn {
            start,
            dropped: claim.dropped,
        }
    }
}
