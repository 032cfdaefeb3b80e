//! Schedules: pure functions of the time since a scenario's start.
//!
//! *VUs over time*: [`VuRamp`] computes when each VU is active, and [`Iterations`] counts down a shared number of
//! iterations. *Starts over time*: a [`RateCurve`] defines how many iterations should have started at any time, [`Arrivals`]
//! converts it into planned starts, and [`Schedule`] assigns these to idle VUs and counts the dropped ones.
//!
//! Nothing here sleeps or reads a clock. Times are `Duration`s since the start of the scenario, in nanoseconds. Long runs do not
//! drift, because each start is computed from its number instead of from the previous start.

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
