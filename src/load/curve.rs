//! The number of starts due at any time, and the time of each.

use std::time::Duration;

use super::{Ramp, RampStage, StartRate};

/// A rate of starts over time.
///
/// Iteration `n`, counted from 0, starts when the integral of the rate reaches `n`. So the first one starts immediately (or as
/// soon as the rate exceeds 0), a constant rate has equal gaps, and the number of starts is the integral, rounded up.
#[derive(Debug, Clone)]
pub(crate) struct RateCurve {
    /// The rate in millionths of a start per time unit.
    ramp: Ramp,
    /// Twice the area of one start under the ramp.
    twice_area_per_start: u128,
}

impl RateCurve {
    /// A constant rate for `duration`.
    pub(crate) fn constant(rate: StartRate, time_unit: Duration, duration: Duration) -> Self {
        Self::ramping(
            rate,
            &[RampStage {
                duration,
                target: rate,
            }],
            time_unit,
        )
    }

    /// A rate that changes from `start` through `stages`, in starts per `time_unit` (0 counts as 1 ns).
    pub(crate) fn ramping(
        start: StartRate,
        stages: &[RampStage<StartRate>],
        time_unit: Duration,
    ) -> Self {
        let levels = stages.iter().map(|stage| RampStage {
            duration: stage.duration,
            target: stage.target.millionths(),
        });
        Self {
            ramp: Ramp::new(start.millionths(), levels),
            twice_area_per_start: 2
                * u128::from(StartRate::MILLIONTHS)
                * time_unit.as_nanos().max(1),
        }
    }

    /// The total number of starts: the integral of the curve, rounded up.
    pub(crate) fn planned(&self) -> u64 {
        let planned = self.ramp.twice_area().div_ceil(self.twice_area_per_start);
        u64::try_from(planned).unwrap_or(u64::MAX)
    }

    /// The time of start `n`; `None` if `n` is at least [`RateCurve::planned`].
    pub(crate) fn start_of(&self, n: u64) -> Option<Duration> {
        self.ramp
            .time_of(u128::from(n).checked_mul(self.twice_area_per_start)?)
    }

    /// The time at which the integral reaches `twice_area / 2`, in the unit of [`RateCurve::twice_area_per_start`].
    pub(super) fn time_of(&self, twice_area: u128) -> Option<Duration> {
        self.ramp.time_of(twice_area)
    }

    pub(super) fn twice_area_per_start(&self) -> u128 {
        self.twice_area_per_start
    }
}

#[cfg(test)]
mod tests;
