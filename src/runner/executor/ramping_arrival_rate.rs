//! `ramping-arrival-rate`: starts come at a rate that moves through stages, however long iterations take.

use std::time::Duration;

use crate::load::{Rate, RateCurve, Stage};

/// The curve its starts follow.
pub(super) fn curve(start_rate: Rate, stages: &[Stage<Rate>], time_unit: Duration) -> RateCurve {
    RateCurve::ramping(start_rate, stages, time_unit)
}
