//! Schedules: pure functions of the time since a scenario's start.
//!
//! *VUs over time*: [`VuRamp`] computes when each VU is active, and [`Iterations`] counts down a shared number of
//! iterations. *Starts over time*: a [`RateCurve`] says how many iterations should have started by any moment,
//! [`Arrivals`] turns it into planned starts, and [`Schedule`] hands these to idle VUs and counts those that were dropped.
//!
//! Nothing here sleeps or reads a clock: times are `Duration`s since the start of the scenario, kept to the
//! nanosecond, and long runs do not drift because every start is computed from its number, not from the one before.

mod arrival;
mod burstiness;
mod curve;
mod iterations;
mod partition;
mod random;
mod rate;
mod schedule;
mod stages;
mod vus;

pub(crate) use arrival::{Arrivals, Spacing};
pub(crate) use burstiness::Burstiness;
pub(crate) use curve::RateCurve;
pub(crate) use iterations::Iterations;
pub(crate) use partition::worker_of;
pub(crate) use random::derive_seed;
pub(crate) use rate::StartRate;
pub(crate) use schedule::{PlannedStart, Schedule, StartCounts};
pub(crate) use stages::{Ramp, RampStage};
pub(crate) use vus::VuRamp;
