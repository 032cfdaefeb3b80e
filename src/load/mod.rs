//! Schedules: pure functions of the time since a scenario's start.
//!
//! Two families. *VUs over time*: [`VuRamp`] tells each VU on its own when it is active, and [`Iterations`] counts
//! down what a group of VUs shares. *Starts over time*: a [`RateCurve`] says how many iterations should have
//! started by any moment, [`Arrivals`] turns it into planned starts, and [`Schedule`] hands these out to whichever VU is
//! idle and counts those nobody could take.
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

pub(crate) use arrival::{Arrival, Arrivals};
pub(crate) use burstiness::Burstiness;
pub(crate) use curve::RateCurve;
pub(crate) use iterations::Iterations;
pub(crate) use partition::worker_of;
pub(crate) use random::derive_seed;
pub(crate) use rate::Rate;
pub(crate) use schedule::{PlannedStart, Schedule, StartCounts};
pub(crate) use stages::{Ramp, Stage};
pub(crate) use vus::VuRamp;
