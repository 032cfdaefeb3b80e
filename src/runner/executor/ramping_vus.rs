//! `ramping-vus`: a number of looping VUs that moves through stages.

use std::time::Duration;

use super::constant_vus::Loop;
use super::{Executor, Work};
use crate::load::{Stage, VuRamp};
use crate::runner::timeline::Timeline;

pub(super) struct RampingVus {
    ramp: VuRamp,
    graceful_ramp_down: Duration,
}

impl RampingVus {
    pub(super) fn new(start_vus: u64, stages: &[Stage<u64>], graceful_ramp_down: Duration) -> Self {
        Self {
            ramp: VuRamp::new(start_vus, stages.to_vec()),
            graceful_ramp_down,
        }
    }
}

impl Executor for RampingVus {
    fn timeline(&self, vus: &[u64], graceful_stop: Duration) -> Timeline {
        Timeline::ramping(
            vus.iter().map(|vu| self.ramp.intervals(*vu)),
            self.graceful_ramp_down,
            self.ramp.duration(),
            graceful_stop,
        )
    }

    fn work(&self) -> Box<dyn Work> {
        Box::new(Loop)
    }
}
