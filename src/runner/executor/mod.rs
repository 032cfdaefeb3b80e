//! The six executors: when VUs may run, and what starts an iteration.
//!
//! An executor answers questions and does nothing by itself; the schedules it asks are in [`crate::load`]. All waiting,
//! stopping and counting is the same for all of them and happens in [`conductor`](super::conductor) and
//! [`member`](super::member).

mod arrival_rate;
mod constant_vus;
mod per_vu_iterations;
mod ramping_vus;
mod shared_iterations;

use std::time::Duration;

use self::arrival_rate::ArrivalRate;
pub(super) use self::arrival_rate::PATIENCE;
use self::constant_vus::ConstantVus;
use self::per_vu_iterations::PerVuIterations;
use self::ramping_vus::RampingVus;
use self::shared_iterations::SharedIterations;
use super::timeline::Timeline;
use crate::load::{Arrivals, Claims, RateCurve};
use crate::options;

/// One scenario's executor, shared by all workers.
pub(super) trait Executor: Send + Sync {
    /// The orders for the VUs with these numbers in the scenario.
    fn timeline(&self, vus: &[u64], graceful_stop: Duration) -> Timeline;

    /// What starts the iterations of one VU.
    fn work(&self) -> Box<dyn Work>;

    /// The planned starts, where starts are planned. Only there VUs may be made while the load runs.
    fn claims(&self) -> Option<&Claims> {
        None
    }
}

/// What starts the iterations of one VU. Asked whenever the VU is idle and under the order to go.
pub(super) trait Work {
    /// What the VU should do at `now`, the time since the start of the scenario.
    fn next(&mut self, now: Duration) -> Turn;
}

/// The answer to an idle VU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// What to do.
    pub(super) start: Start,
    /// Planned iterations found to have been missed, by all VUs.
    pub(super) dropped: u64,
}

/// When the next iteration of a VU starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// At once.
    Now,
    /// When this time since the start of the scenario has come.
    At(Duration),
    /// Not any more, but the VU stays until the scenario is over.
    Never,
    /// Not any more, and the VU can leave.
    Done,
}

impl From<Start> for Turn {
    fn from(start: Start) -> Self {
        Self { start, dropped: 0 }
    }
}

/// The executor for what the options ask. `seed` is the scenario's own.
pub(super) fn executor(options: &options::Executor, seed: u64) -> Box<dyn Executor> {
    use options::Executor as Asked;
    let duration = options.regular_duration();
    match options {
        Asked::ConstantVus { .. } => Box::new(ConstantVus { duration }),
        Asked::RampingVus {
            start_vus,
            stages,
            graceful_ramp_down,
        } => Box::new(RampingVus::new(*start_vus, stages, *graceful_ramp_down)),
        Asked::SharedIterations { iterations, .. } => {
            Box::new(SharedIterations::new(*iterations, duration))
        }
        Asked::PerVuIterations { iterations, .. } => Box::new(PerVuIterations {
            iterations: *iterations,
            max_duration: duration,
        }),
        Asked::ConstantArrivalRate {
            rate,
            time_unit,
            arrival,
            iterations,
            ..
        } => {
            let curve = RateCurve::constant(*rate, *time_unit, duration);
            let starts = Arrivals::new(curve, *arrival, seed);
            Box::new(ArrivalRate::new(starts.up_to(*iterations)))
        }
        Asked::RampingArrivalRate {
            start_rate,
            time_unit,
            stages,
            arrival,
            iterations,
            ..
        } => {
            let curve = RateCurve::ramping(*start_rate, stages, *time_unit);
            let starts = Arrivals::new(curve, *arrival, seed);
            Box::new(ArrivalRate::new(starts.up_to(*iterations)))
        }
    }
}
