//! `constant-vus`: a fixed number of VUs, each running iterations one after the other.

use std::time::Duration;

use super::{Executor, Start, Turn, Work};

pub(super) struct ConstantVus {
    pub(super) vus: u64,
    pub(super) duration: Duration,
}

impl Executor for ConstantVus {
    fn planned_vus(&self) -> u64 {
        self.vus
    }

    fn duration(&self) -> Duration {
        self.duration
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
