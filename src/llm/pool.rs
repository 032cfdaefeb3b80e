//! Latencies of a run and their statistics.

use serde::{Deserialize, Serialize};

use crate::metrics::{Histogram, Trend, Unit};

/// A pool of latencies: a [`Trend`], with the same percentiles as all other metrics, and the standard deviation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "PoolData", try_from = "PoolData")]
pub(super) struct LatencyPool {
    trend: Trend,
    mean: f64,
    /// The sum of the squared distances from the mean, by Welford's algorithm.
    squares: f64,
}

impl Default for LatencyPool {
    fn default() -> Self {
        Self {
            trend: Trend::new(Unit::Time),
            mean: 0.0,
            squares: 0.0,
        }
    }
}

impl LatencyPool {
    /// Adds a latency in seconds. A negative value and NaN count as 0.
    pub(super) fn add(&mut self, value: f64) {
        let value = if value.is_finite() {
            value.max(0.0)
        } else {
            0.0
        };
        self.add_moments(1, value, 0.0);
        self.trend.add(value, 1);
    }

    /// Adds all latencies of another pool.
    pub(super) fn merge(&mut self, other: &Self) {
        if other.count() > 0 {
            self.add_moments(other.count(), other.mean, other.squares);
            self.trend.merge(&other.trend);
        }
    }

    /// The number of latencies.
    pub(super) fn count(&self) -> u64 {
        self.trend.count()
    }

    /// The statistics with these percentiles, each from 0 to 100.
    pub(super) fn statistics(&self, percentiles: &[f64]) -> Statistics {
        let mut trend = self.trend.clone();
        trend.sort();
        let percentile = |p: f64| trend.percentile(p);
        Statistics {
            count: trend.count(),
            mean: self.mean,
            std: match trend.count() {
                0 => 0.0,
                count => (self.squares / count as f64).sqrt(),
            },
            min: trend.min(),
            median: percentile(50.0),
            max: trend.max(),
            percentiles: percentiles.iter().map(|p| (*p, percentile(*p))).collect(),
        }
    }

    /// Combines the mean and the squares with those of `count` more latencies (T. Chan and others, "Updating formulae and a
    /// pairwise algorithm for computing sample variances", 1979).
    fn add_moments(&mut self, count: u64, mean: f64, squares: f64) {
        let (n, m) = (self.count() as f64, count as f64);
        let distance = mean - self.mean;
        self.mean += distance * m / (n + m);
        self.squares += squares + distance * distance * n * m / (n + m);
    }
}

/// The serialized form of a pool, with its samples as a histogram.
#[derive(Serialize, Deserialize)]
struct PoolData {
    mean: f64,
    squares: f64,
    sum: f64,
    min: f64,
    max: f64,
    cells: Vec<(i32, u64)>,
}

impl From<LatencyPool> for PoolData {
    fn from(pool: LatencyPool) -> Self {
        let histogram = pool.trend.histogram();
        Self {
            mean: pool.mean,
            squares: pool.squares,
            sum: histogram.sum(),
            min: histogram.min(),
            max: histogram.max(),
            cells: histogram.numbered().collect(),
        }
    }
}

impl TryFrom<PoolData> for LatencyPool {
    type Error = &'static str;

    fn try_from(data: PoolData) -> Result<Self, Self::Error> {
        let figures = (data.sum, data.min, data.max);
        let histogram = Histogram::from_numbered(Unit::Time, figures, data.cells.into_iter());
        let is_valid = data.mean.is_finite() && data.squares.is_finite() && data.squares >= 0.0;
        match histogram {
            Some(histogram) if is_valid => Ok(Self {
                trend: Trend::restored(&histogram, None),
                mean: data.mean,
                squares: data.squares,
            }),
            _ => Err("not a histogram of times"),
        }
    }
}

/// Statistics of measurements, in their unit. Every figure is 0 without measurements.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Statistics {
    /// The number of measurements.
    pub count: u64,
    /// The mean.
    pub mean: f64,
    /// The standard deviation of the whole population (numpy's default, `ddof=0`).
    pub std: f64,
    /// The minimum.
    pub min: f64,
    /// The median.
    pub median: f64,
    /// The maximum.
    pub max: f64,
    /// Percentiles from 0 to 100, each with its value.
    pub percentiles: Vec<(f64, f64)>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> LatencyPool {
        let mut pool = LatencyPool::default();
        for value in values {
            pool.add(*value);
        }
        pool
    }

    #[track_caller]
    fn assert_close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-9), "{a} is not {b}");
    }

    /// Expected values by Python's `statistics`: `pstdev`, and `quantiles(…, method="inclusive")`, which is numpy's default.
    #[test]
    fn statistics_are_of_the_population_and_percentiles_linear() {
        let pool = of(&[3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]);
        let all = pool.statistics(&[0.0, 25.0, 90.0, 99.0, 99.9, 100.0]);
        assert_eq!((all.count, all.min, all.max), (8, 1.0, 9.0));
        assert_close(all.mean, 3.875);
        assert_close(all.std, 2.570_870_475_150_391_7);
        assert_close(all.median, 3.5);
        let expected = [1.0, 1.75, 6.9, 8.79, 8.979, 9.0];
        for ((_, value), expected) in all.percentiles.iter().zip(expected) {
            assert_close(*value, expected);
        }
    }

    #[test]
    fn zero_and_one_values_have_statistics() {
        assert_eq!(
            of(&[]).statistics(&[99.0]),
            Statistics {
                percentiles: vec![(99.0, 0.0)],
                ..Statistics::default()
            }
        );
        let one = of(&[2.5]).statistics(&[1.0, 99.0]);
        assert_eq!(
            (one.mean, one.std, one.median, one.min, one.max),
            (2.5, 0.0, 2.5, 2.5, 2.5)
        );
        assert_eq!(one.percentiles, [(1.0, 2.5), (99.0, 2.5)]);
        let odd = of(&[f64::NAN, -1.0]).statistics(&[]);
        assert_eq!((odd.count, odd.min, odd.max), (2, 0.0, 0.0));
    }

    #[test]
    fn many_values_are_nearly_exact() {
        let mut pool = of(&[0.25]);
        for value in [0.001, 0.1] {
            let mut many = of(&[value]);
            // Doubled 21 times.
            (0..21).for_each(|_| many.merge(&many.clone()));
            pool.merge(&many);
        }
        let all = pool.statistics(&[10.0, 90.0, 100.0]);
        assert_eq!((all.count, all.min, all.max), ((1 << 22) + 1, 0.001, 0.25));
        assert!((all.mean - 0.0505).abs() < 1e-6 && (all.std - 0.0495).abs() < 1e-6);
        for ((_, value), expected) in all.percentiles.iter().zip([0.001, 0.1, 0.25]) {
            assert!(
                (value / expected - 1.0).abs() < 0.0005,
                "{value} is not nearly {expected}"
            );
        }
    }

    proptest! {
        #[test]
        fn merging_equals_adding(
            a in proptest::collection::vec(0.0..1e3, 0..50),
            b in proptest::collection::vec(0.0..1e3, 0..50),
        ) {
            let whole = of(&[&*a, &b].concat());
            let mut left = of(&a);
            left.merge(&of(&b));
            let [whole, merged] = [whole, left].map(|pool| pool.statistics(&[90.0]));
            prop_assert_eq!((whole.count, whole.min, whole.max), (merged.count, merged.min, merged.max));
            prop_assert_eq!((whole.median, whole.percentiles), (merged.median, merged.percentiles));
            prop_assert!((whole.mean - merged.mean).abs() <= 1e-9 * whole.mean);
            prop_assert!((whole.std - merged.std).abs() <= 1e-6 * whole.max.max(1.0));
        }
    }
}
