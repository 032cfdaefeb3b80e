//! `per-vu-iterations`: a fixed number of iterations for each VU.

use std::time::Duration;

use super::{Executor, Start, Turn, Work};
use crate::runner::timeline::Timeline;

pub(super) struct PerVuIterations {
    pub(super) iterations: u64,
    pub(super) max_duration: Duration,
}

impl Executor for PerVuIterations {
    fn timeline(&self, _vus: &[u64], graceful_stop: Duration) -> Timeline {
        Timeline::steady(self.max_duration, graceful_stop)
    }

    fn work(&self) -> Box<dyn Work> {
        Box::new(Countdown {
            left: self.iterations,
        })
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
