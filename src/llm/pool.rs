//! Measurements of a run and their statistics.

use std::collections::BTreeMap;

/// Up to so many samples are kept as they are: 32 MiB.
const MAX_EXACT: usize = 1 << 22;

/// A pool of measurements that are not negative.
///
/// Statistics are exact up to 4,194,304 samples. A pool that grows beyond keeps counts of values rounded to 11 significant
/// bits instead, so that percentiles are within 0.05 %; count, mean, standard deviation, least and greatest stay exact.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    exact: Vec<f64>,
    /// Counts by the leading bits of the value; empty as long as the pool is exact.
    rounded: BTreeMap<u32, u64>,
    count: u64,
    mean: f64,
    /// Sum of the squared distances from the mean, kept up as Welford does.
    squares: f64,
    min: f64,
    max: f64,
}

impl Pool {
    /// Adds one. What is negative or no number counts as 0.
    pub fn add(&mut self, value: f64) {
        self.add_n(value, 1);
    }

    /// Adds the same value `n` times.
    pub fn add_n(&mut self, value: f64, n: u64) {
        if n == 0 {
            return;
        }
        let value = value.max(0.0);
        let alone = Self {
            count: n,
            mean: value,
            min: value,
            max: value,
            ..Self::default()
        };
        self.add_moments(&alone);
        let fits =
            usize::try_from(n).is_ok_and(|n| n <= MAX_EXACT - self.exact.len().min(MAX_EXACT));
        if self.rounded.is_empty() && fits {
            self.exact.extend((0..n).map(|_| value));
        } else {
            self.round();
            *self.rounded.entry(bucket(value)).or_default() += n;
        }
    }

    /// Adds all of another pool.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        self.add_moments(other);
        let is_exact = self.rounded.is_empty() && other.rounded.is_empty();
        if is_exact && self.exact.len() + other.exact.len() <= MAX_EXACT {
            self.exact.extend_from_slice(&other.exact);
            return;
        }
        self.round();
        for (bucket, n) in &other.rounded {
            *self.rounded.entry(*bucket).or_default() += n;
        }
        for value in &other.exact {
            *self.rounded.entry(bucket(*value)).or_default() += 1;
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The statistics, with these percentiles, each from 0 to 100.
    pub fn statistics(&self, percentiles: &[f64]) -> Statistics {
        let mut sorted = self.exact.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let value_at = |index: u64| -> f64 {
            if self.rounded.is_empty() {
                return usize::try_from(index)
                    .ok()
                    .and_then(|i| sorted.get(i))
                    .copied()
                    .unwrap_or(0.0);
            }
            let mut seen = 0;
            let found = self.rounded.iter().find(|(_, n)| {
                seen += **n;
                seen > index
            });
            found.map_or(0.0, |(bucket, _)| middle(*bucket).clamp(self.min, self.max))
        };
        let percentile = |p: f64| percentile(p, self.count, value_at);
        Statistics {
            count: self.count,
            mean: self.mean,
            std: if self.count == 0 {
                0.0
            } else {
                (self.squares / self.count as f64).sqrt()
            },
            min: self.min,
            median: percentile(50.0),
            max: self.max,
            percentiles: percentiles.iter().map(|p| (*p, percentile(*p))).collect(),
        }
    }

    /// Takes over count, mean, spread and range (T. Chan and others, "Updating formulae and a pairwise algorithm for
    /// computing sample variances", 1979).
    fn add_moments(&mut self, other: &Self) {
        if self.count == 0 {
            self.min = other.min;
        }
        let (n, m) = (self.count as f64, other.count as f64);
        let distance = other.mean - self.mean;
        self.count += other.count;
        self.mean += distance * m / (n + m);
        self.squares += other.squares + distance * distance * n * m / (n + m);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    fn round(&mut self) {
        for value in std::mem::take(&mut self.exact) {
            *self.rounded.entry(bucket(value)).or_default() += 1;
        }
    }
}

/// Statistics of a pool of measurements, in their own unit. All is 0 when there are none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Statistics {
    /// How many measurements.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, of the whole population (numpy's default, `ddof=0`).
    pub std: f64,
    /// The least.
    pub min: f64,
    /// The median.
    pub median: f64,
    /// The greatest.
    pub max: f64,
    /// Percentiles from 0 to 100, each with its value.
    pub percentiles: Vec<(f64, f64)>,
}

/// The percentile `p` of `count` ordered values by linear interpolation, as numpy does by default: the value at the
/// position p/100 × (count − 1), where a position between two values is as far between them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position among the samples is not negative and below their number"
)]
fn percentile(p: f64, count: u64, value_at: impl Fn(u64) -> f64) -> f64 {
    let Some(last) = count.checked_sub(1) else {
        return 0.0;
    };
    let position = p.clamp(0.0, 100.0) / 100.0 * last as f64;
    let below = (position.floor() as u64).min(last);
    let (low, high) = (value_at(below), value_at((below + 1).min(last)));
    low + (high - low) * position.fract()
}

/// How many bits of a value are left out: 42 of 52 of the fraction.
const CUT: u32 = 42;

/// The leading bits of a value. They order as the values do.
fn bucket(value: f64) -> u32 {
    // 22 bits are left, so it fits.
    u32::try_from(value.to_bits() >> CUT).unwrap_or(u32::MAX)
}

/// The middle of the values with these leading bits.
fn middle(bucket: u32) -> f64 {
    if bucket == 0 {
        0.0
    } else {
        f64::from_bits((u64::from(bucket) << CUT) | 1 << (CUT - 1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Pool {
        let mut pool = Pool::default();
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
    fn nothing_and_one_are_measured_too() {
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
    fn a_pool_too_large_to_keep_is_nearly_exact() {
        let mut pool = of(&[0.25]);
        pool.add_n(0.001, 3_000_000);
        pool.add_n(0.1, 3_000_000);
        assert!(pool.exact.is_empty());
        let all = pool.statistics(&[10.0, 90.0, 100.0]);
        assert_eq!((all.count, all.min, all.max), (6_000_001, 0.001, 0.25));
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
        fn merging_is_adding(
            a in proptest::collection::vec(0.0..1e3, 0..50),
            b in proptest::collection::vec(0.0..1e3, 0..50),
            is_rounded: bool,
        ) {
            let whole = of(&[&*a, &b].concat());
            let (mut left, mut right) = (of(&a), of(&b));
            if is_rounded {
                right.round();
            }
            left.merge(&right);
            let [whole, merged] = [whole, left].map(|pool| pool.statistics(&[90.0]));
            prop_assert_eq!((whole.count, whole.min, whole.max), (merged.count, merged.min, merged.max));
            prop_assert!((whole.mean - merged.mean).abs() <= 1e-9 * whole.mean);
            prop_assert!((whole.std - merged.std).abs() <= 1e-6 * whole.max.max(1.0));
            prop_assert!((whole.median - merged.median).abs() <= 0.0005 * whole.max);
        }

        #[test]
        fn rounding_is_within_its_promise(value in 1e-9..1e6) {
            prop_assert!((middle(bucket(value)) / value - 1.0).abs() <= 0.0005);
        }
    }
}
