//! The six executors: when VUs may run, and what starts an iteration.
//!
//! An executor answers questions and does nothing by itself; the schedules it asks are in [`crate::load`]. All waiting,
//! stopping and counting is the same for all of them and happens in [`share`](super::share) and
//! [`member`](super::member).

mod arrival_rate;
mod constant_arrival_rate;
mod constant_vus;
mod per_vu_iterations;
mod ramping_arrival_rate;
mod ramping_vus;
mod shared_iterations;

pub(super) use arrival_rate::PATIENCE;

use std::sync::Arc;
use std::time::Duration;

use super::timeline::Timeline;
use crate::load::Claims;
use crate::options;

/// One scenario's executor, shared by all workers.
pub(super) trait Executor: Send + Sync {
    /// VUs made before the load starts.
    fn planned_vus(&self) -> u64;

    /// VUs at most.
    fn max_vus(&self) -> u64 {
        self.planned_vus()
    }

    /// From the start of the scenario until nothing new is started.
    fn duration(&self) -> Duration;

    /// How many iterations the scenario makes in all, where that is fixed.
    fn total_iterations(&self) -> Option<u64> {
        None
    }

    /// The orders for the VUs with these numbers in the scenario.
    fn timeline(&self, _vus: &[u64], graceful_stop: Duration) -> Timeline {
        Timeline::steady(self.duration(), graceful_stop)
    }

    /// What starts the iterations of one VU.
    fn work(&self) -> Box<dyn Work>;

    /// The planned starts, where starts are planned.
    fn claims(&self) -> Option<&Arc<Claims>> {
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
    use options::Executor::{
        ConstantArrivalRate, ConstantVus, PerVuIterations, RampingArrivalRate, RampingVus,
        SharedIterations,
    };
    match options {
        ConstantVus { vus, duration } => {
            Box::new(constant_vus::ConstantVus { vus: *vus, duration: *duration })
        }
        RampingVus { start_vus, stages, graceful_ramp_down } => {
            Box::new(ramping_vus::RampingVus::new(*start_vus, stages, *graceful_ramp_down))
        }
        SharedIterations { vus, iterations, max_duration } => {
            Box::new(shared_iterations::SharedIterations::new(*vus, *iterations, *max_duration))
        }
        PerVuIterations { vus, iterations, max_duration } => {
            Box::new(per_vu_iterations::PerVuIterations {
                vus: *vus,
                iterations: *iterations,
                max_duration: *max_duration,
            })
        }
        ConstantArrivalRate { rate, time_unit, duration, pre_allocated_vus, max_vus, arrival } => {
            let curve = constant_arrival_rate::curve(*rate, *time_unit, *duration);
            let vus = *pre_allocated_vus..=*max_vus;
            Box::new(arrival_rate::ArrivalRate::new(curve, vus, *arrival, seed))
        }
        RampingArrivalRate {
            start_rate,
            time_unit,
            stages,
            pre_allocated_vus,
            max_vus,
            arrival,
        } => {
            let curve = ramping_arrival_rate::curve(*start_rate, stages, *time_unit);
            let vus = *pre_allocated_vus..=*max_vus;
            Box::new(arrival_rate::ArrivalRate::new(curve, vus, *arrival, seed))
        }
    }
}
