//! `per-vu-iterations`: a fixed number of iterations for each VU.

use std::time::Duration;

use super::{Executor, Start, Turn, Work};

pub(super) struct PerVuIterations {
    pub(super) vus: u64,
    pub(super) iterations: u64,
    pub(super) max_duration: Duration,
}

impl Executor for PerVuIterations {
    fn planned_vus(&self) -> u64 {
        self.vus
    }

    fn duration(&self) -> Duration {
        self.max_duration
    }

    fn total_iterations(&self) -> Option<u64> {
        Some(self.vus.saturating_mul(self.iterations))
    }

    fn work(&self) -> Box<dyn Work> {
        Box::new(Countdown { left: self.iterations })
    }
}

struct Countdown {
    left: u64,
}

impl Work for Countdown {
    fn next(&mut self, _now: Duration) -> Turn {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Start::Now.into()
            }
            None => Start::Done.into(),
        }
    }
}
