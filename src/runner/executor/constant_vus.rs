//! `constant-vus`: a fixed number of VUs, each running iterations one after the other.

use std::time::Duration;

use super::{Executor, Start, Turn, Work};
use crate::runner::timeline::Timeline;

pub(super) struct ConstantVus {
    pub(super) duration: Duration,
}

impl Executor for ConstantVus {
    fn timeline(&self, _vus: &[u64], graceful_stop: Duration) -> Timeline {
        Timeline::steady(self.duration, graceful_stop)
    }

    fn work(&self) -> Box<dyn Work> {
        Box::new(Loop)
    }
}

/// One iteration after the other, for as long as the VU may go.
pub(super) struct Loop;

impl Work for Loop {
    fn next(&mut self, _now: Duration) -> Turn {
        Start::Now.into()
    }
}
