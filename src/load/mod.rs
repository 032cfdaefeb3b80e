//! Schedules: who runs when, as pure functions of the time since a scenario's start.
//!
//! Two families. *VUs over time*: [`VuRamp`] tells each VU on its own when it is active, and [`Iterations`] counts
//! down what a group of VUs shares. *Starts over time*: a [`RateCurve`] says how many iterations should have
//! started by any moment, [`Arrivals`] turns it into planned starts, and [`Claims`] hands these out to whichever VU is
//! idle and counts those nobody could take.
//!
//! Nothing here sleeps or reads a clock: times are `Duration`s since the start of the scenario, kept to the
//! nanosecond, and long runs do not drift because every start is computed from its number, not from the one before.

mod arrival;
mod burstiness;
mod claim;
mod curve;
mod iterations;
mod partition;
mod random;
mod rate;
mod stages;
mod vus;

pub use arrival::{Arrival, Arrivals};
pub use burstiness::Burstiness;
pub use claim::{Claim, Claims, Slot, Tally};
pub use curve::RateCurve;
pub use iterations::Iterations;
pub use partition::worker_of;
pub use random::derive_seed;
pub use rate::Rate;
pub use stages::{Ramp, Stage};
pub use vus::VuRamp;
