//! Aggregates whole numbers: count, extremes, mean, deviation and a histogram.

use hdrhistogram::Histogram;

use super::bucket::{Bucket, LARGEST};
use super::bucket_counts::{histogram, record};

/// The distribution of whole numbers, such as latencies in microseconds.
///
/// Count, extremes, mean and deviation are exact. A percentile is off by at most 1/1024 of itself, and exact below 2048.
#[derive(Debug, Clone)]
pub(crate) struct Distribution {
    histogram: Histogram<u64>,
    min: u64,
    max: u64,
    sum: u128,
    squares: u128,
}

impl Default for Distribution {
    fn default() -> Self {
        Self {
            histogram: histogram(),
            min: u64::MAX,
            max: 0,
            sum: 0,
            squares: 0,
        }
    }
}

impl Distribution {
    /// Records one value.
    #[inline]
    pub(crate) fn record(&mut self, value: u64) {
        self.record_n(value, 1);
    }

    /// Records a value `n` times.
    #[inline]
    pub(crate) fn record_n(&mut self, value: u64, n: u64) {
        if n == 0 {
            return;
        }
        let value = value.min(LARGEST);
        record(&mut self.histogram, value, n);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        let sum = u128::from(value) * u128::from(n);
        self.sum = self.sum.saturating_add(sum);
        self.squares = self
            .squares
            .saturating_add(sum.saturating_mul(value.into()));
    }

    /// Adds the values of `other`.
    pub(crate) fn merge(&mut self, other: &Self) {
        // Histograms with the same precision can always be added: they grow as needed.
        let _ = self.histogram.add(&other.histogram);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum = self.sum.saturating_add(other.sum);
        self.squares = self.squares.saturating_add(other.squares);
    }

    /// The number of values.
    pub(crate) fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The smallest value; 0 without values.
    pub(crate) fn min(&self) -> u64 {
        if self.count() == 0 { 0 } else { self.min }
    }

    /// The largest value; 0 without values.
    pub(crate) fn max(&self) -> u64 {
        self.max
    }

    /// The mean; 0 without values.
    pub(crate) fn mean(&self) -> f64 {
        self.sum as f64 / self.count().max(1) as f64
    }

    /// The standard deviation of a sample, which divides the squares by the count less one. 0 below two values.
    pub(crate) fn stdev(&self) -> f64 {
        let count = self.count() as f64;
        if count < 2.0 {
            return 0.0;
        }
        let sum = self.sum as f64;
        let variance = (self.squares as f64 - sum * (sum / count)) / (count - 1.0);
        variance.max(0.0).sqrt()
    }

    /// The share of values, in percent, within one standard deviation of the mean; 0 without values.
    pub(crate) fn within_stdev(&self) -> f64 {
        let (mean, stdev) = (self.mean(), self.stdev());
        let near = |value: u64| (value as f64 - mean).abs() <= stdev;
        let inside = self.steps().filter(|(value, _)| near(*value));
        let inside: u64 = inside.map(|(_, count)| count).sum();
        inside as f64 * 100.0 / self.count().max(1) as f64
    }

    /// The smallest value that at least `percent` of all values do not exceed; 0 without values.
    pub(crate) fn percentile(&self, percent: f64) -> u64 {
        if self.count() == 0 {
            return 0;
        }
        let quantile = (percent / 100.0).clamp(0.0, 1.0);
        self.shown(self.histogram.value_at_quantile(quantile))
    }

    /// The distinct values in ascending order, each with its count.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.shown_steps(&self.histogram)
    }

    /// The values recorded since `earlier`, in ascending order, each with its count.
    pub(crate) fn since(&self, earlier: &Self) -> Vec<(u64, u64)> {
        let mut new = self.histogram.clone();
        // Counts only grow, so subtracting earlier ones cannot fail.
        let _ = new.subtract(&earlier.histogram);
        self.shown_steps(&new).collect()
    }

    /// Points of the cumulative distribution, closer together towards the end: value, share of values up to it (0 to 1), and
    /// the number of these. Each half of the remaining share has `steps` points, as in the files of `HdrHistogram`.
    pub(crate) fn spectrum(&self, steps: u32) -> Vec<(u64, f64, u64)> {
        let mut seen = 0;
        let points = self.histogram.iter_quantiles(steps).map(|point| {
            seen += point.count_since_last_iteration();
            let value = self.shown(point.value_iterated_to());
            (value, point.quantile_iterated_to(), seen)
        });
        points.collect()
    }

    fn shown_steps<'a>(
        &'a self,
        histogram: &'a Histogram<u64>,
    ) -> impl Iterator<Item = (u64, u64)> + 'a {
        let steps = histogram.iter_recorded();
        steps.map(|step| (self.shown(step.value_iterated_to()), step.count_at_value()))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the middle of a bucket of whole numbers is not negative"
    )]
    fn shown(&self, value: u64) -> u64 {
        if self.histogram.highest_equivalent(value) >= self.max {
            return self.max;
        }
        (Bucket::of(value).middle() as u64).max(self.min)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[u64]) -> Distribution {
        let mut all = Distribution::default();
        for &value in values {
            all.record(value);
        }
        all
    }

    #[test]
    fn without_values_all_figures_are_zero() {
        let none = Distribution::default();
        assert_eq!(
            (none.count(), none.min(), none.max(), none.percentile(50.0)),
            (0, 0, 0, 0)
        );
        assert_eq!(
            (none.mean(), none.stdev(), none.within_stdev()),
            (0.0, 0.0, 0.0)
        );
        assert_eq!(none.steps().count(), 0);
    }

    #[test]
    fn the_figures_are_those_of_the_values() {
        let all = of(&[2, 4, 4, 4, 5, 5, 7, 9]);
        assert_eq!((all.min(), all.max(), all.mean()), (2, 9, 5.0));
        assert!((all.stdev() - 2.138_089_935).abs() < 1e-6);
        assert!((all.within_stdev() - 75.0).abs() < 1e-9);
        assert_eq!((all.percentile(50.0), all.percentile(100.0)), (4, 9));
        let steps: Vec<_> = all.steps().collect();
        assert_eq!(steps, [(2, 1), (4, 3), (5, 2), (7, 1), (9, 1)]);
    }

    proptest! {
        #[test]
        fn percentiles_are_off_by_less_than_a_thousandth(
            mut values in prop::collection::vec(0..60_000_000_u64, 1..200), percent in 0.0..100.0_f64,
        ) {
            let all = of(&values);
            values.sort_unstable();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
            let rank = ((percent / 100.0 * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let exact = values[rank - 1] as f64;
            prop_assert!((all.percentile(percent) as f64 - exact).abs() <= exact / 1000.0);
        }

        #[test]
        fn the_spectrum_is_that_of_hdr_histogram(values in prop::collection::vec(0..2_000_u64, 1..300), steps in 1..10_u32) {
            let mut hdr = hdrhistogram::Histogram::<u64>::new(3).unwrap();
            for value in &values {
                hdr.record(*value).unwrap();
            }
            let mut seen = 0;
            let theirs: Vec<_> = hdr.iter_quantiles(steps).map(|point| {
                seen += point.count_since_last_iteration();
                (point.value_iterated_to(), point.quantile_iterated_to(), seen)
            }).collect();
            prop_assert_eq!(of(&values).spectrum(steps), theirs);
        }

        #[test]
        fn the_values_since_are_those_recorded_since(before in prop::collection::vec(0..2_000_u64, 0..50),
                                                          after in prop::collection::vec(0..2_000_u64, 0..50)) {
            let earlier = of(&before);
            let mut all = earlier.clone();
            all.merge(&of(&after));
            prop_assert_eq!(all.since(&earlier), of(&after).steps().collect::<Vec<_>>());
        }

        #[test]
        fn parts_merge_to_the_whole(left in prop::collection::vec(0..1_000_000_u64, 0..50),
                                    right in prop::collection::vec(0..1_000_000_u64, 0..50)) {
            let whole = of(&[left.clone(), right.clone()].concat());
            let mut merged = of(&left);
            merged.merge(&of(&right));
            prop_assert_eq!(merged.steps().collect::<Vec<_>>(), whole.steps().collect::<Vec<_>>());
            prop_assert_eq!((merged.min(), merged.max(), merged.mean()), (whole.min(), whole.max(), whole.mean()));
        }
    }
}
