//! `constant-arrival-rate`: starts come at a fixed rate, however long iterations take.

use std::time::Duration;

use crate::load::{Rate, RateCurve};

/// The curve its starts follow.
pub(super) fn curve(rate: Rate, time_unit: Duration, duration: Duration) -> RateCurve {
    RateCurve::constant(rate, time_unit, duration)
}
