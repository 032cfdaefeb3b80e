//! The definition of a percentile, for samples and histograms.

use super::Stat;
use super::sink::bounded_sum;

/// The exact figures of samples: count, sum and extremes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exact {
    pub(super) count: u64,
    pub(super) sum: f64,
    /// Infinity without samples.
    pub(super) min: f64,
    /// Minus infinity without samples.
    pub(super) max: f64,
}

impl Exact {
    /// No samples.
    pub(super) const NONE: Self = Self {
        count: 0,
        sum: 0.0,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
    };

    /// Adds a sample `n` times.
    #[inline]
    pub(super) fn add(&mut self, value: f64, n: u64) {
        self.merge(&Self {
            count: n,
            sum: value * n as f64,
            min: value,
            max: value,
        });
    }

    /// Adds other samples.
    #[inline]
    pub(super) fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum = bounded_sum(self.sum, other.sum);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The smallest sample; 0 without samples.
    pub(super) fn min(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.min }
    }

    /// The largest sample; 0 without samples.
    pub(super) fn max(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.max }
    }

    /// The mean; 0 without samples.
    pub(super) fn avg(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }

    /// A figure of the samples; `None` for those that trends do not have.
    pub(super) fn stat(&self, stat: Stat, percentile: impl FnOnce(f64) -> f64) -> Option<f64> {
        Some(match stat {
            Stat::Count => self.count as f64,
            Stat::Avg => self.avg(),
            Stat::Min => self.min(),
            Stat::Med => percentile(50.0),
            Stat::Max => self.max(),
            Stat::Sum => self.sum,
            Stat::Percentile(percent) => percentile(percent),
            Stat::Rate | Stat::Value => return None,
        })
    }

    /// The percentile `percent`, from 0 to 100: the value at rank `percent/100 · (count − 1)`, interpolated linearly
    /// between the two neighbouring samples, as in k6. 0 without samples. `at` returns the samples of two ranks, which may be
    /// inexact at the extremes.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the rank is from 0 to the count"
    )]
    pub(super) fn percentile(self, percent: f64, at: impl FnOnce(u64, u64) -> (f64, f64)) -> f64 {
        let Some(last) = self.count.checked_sub(1) else {
            return 0.0;
        };
        // The extremes are known exactly, unlike those of a histogram.
        if percent >= 100.0 {
            return self.max;
        }
        let rank = (percent / 100.0).max(0.0) * last as f64;
        let (below, part) = ((rank.floor() as u64).min(last), rank.fract());
        let above = if part > 0.0 {
            (below + 1).min(last)
        } else {
            below
        };
        let (low, high) = at(below, above);
        let exact = |rank, value| match rank {
            0 => self.min,
            rank if rank == last => self.max,
            _ => value,
        };
        let (low, high) = (exact(below, low), exact(above, high));
        let value = low + (high - low) * part;
        // The difference of two huge samples may not be finite.
        let value = if value.is_finite() {
            value
        } else {
            low * (1.0 - part) + high * part
        };
        value.clamp(self.min, self.max)
    }
}
