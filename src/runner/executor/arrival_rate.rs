//! What both arrival-rate executors share: idle VUs claim the planned starts and sleep until they are due.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::{Executor, Start, Turn, Work};
use crate::load::{Arrival, Arrivals, Claims, RateCurve};

/// How late a start may be before it counts as dropped: as much as a timer or a busy thread may be off, and long
/// enough for a VU that is made for it. How late it was is recorded in `schedule_delay`.
pub(in crate::runner) const PATIENCE: Duration = Duration::from_millis(5);

pub(super) struct ArrivalRate {
    duration: Duration,
    vus: RangeInclusive<u64>,
    claims: Arc<Claims>,
}

impl ArrivalRate {
    /// Starts along `curve`, by VUs of which there are at first as many as the range's start.
    pub(super) fn new(
        curve: RateCurve,
        vus: RangeInclusive<u64>,
        arrival: Arrival,
        seed: u64,
    ) -> Self {
        let duration = curve.duration();
        let claims = Claims::with_patience(Arrivals::new(curve, arrival, seed), PATIENCE);
        Self { duration, vus, claims: Arc::new(claims) }
    }
}

impl Executor for ArrivalRate {
    fn planned_vus(&self) -> u64 {
        *self.vus.start()
    }

    fn max_vus(&self) -> u64 {
        *self.vus.end().max(self.vus.start())
    }

    fn duration(&self) -> Duration {
        self.duration
    }

    fn work(&self) -> Box<dyn Work> {
        Box::new(Claimant(Arc::clone(&self.claims)))
    }

    fn claims(&self) -> Option<&Arc<Claims>> {
        Some(&self.claims)
    }
}

struct Claimant(Arc<Claims>);

impl Work for Claimant {
    fn next(&mut self, now: Duration) -> Turn {
        let claim = self.0.claim(now);
        let start = claim.slot.map_or(Start::Never, |slot| Start::At(slot.due));
        Turn { start, dropped: claim.dropped }
    }
}
