//! Counts of samples by bucket, kept in the histograms of the crate `hdrhistogram`.

use hdrhistogram::Histogram;

use super::bucket::{Bucket, LARGEST};

/// Samples of either sign, counted by bucket. Memory depends on the range of the values, not on their number.
#[derive(Debug, Clone)]
pub(super) struct BucketCounts {
    positive: Histogram<u64>,
    /// The magnitudes of the negative samples.
    negative: Option<Box<Histogram<u64>>>,
}

impl BucketCounts {
    /// Counts without samples.
    pub(super) fn new() -> Self {
        Self {
            positive: histogram(),
            negative: None,
        }
    }

    /// Adds a sample `n` times, rounded to a whole number.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the magnitude is not negative, and a cast from a float saturates"
    )]
    #[inline]
    pub(super) fn record(&mut self, value: f64, n: u64) {
        let magnitude = value.abs().round() as u64;
        record(self.side(value < 0.0), magnitude, n);
    }

    /// Adds `n` samples of a bucket.
    pub(super) fn add(&mut self, bucket: Bucket, n: u64) {
        let (_, is_negative) = bucket.magnitude();
        let (low, _) = bucket.range();
        record(self.side(is_negative), low, n);
    }

    /// Adds the samples of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        // Histograms with the same precision can always be added: they grow as needed.
        let _ = self.positive.add(&other.positive);
        if let Some(negative) = &other.negative {
            let _ = self.side(true).add(&**negative);
        }
    }

    /// The buckets with samples in ascending order, each with its count.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Bucket, u64)> + '_ {
        let mut negative: Vec<_> = self.negative.iter().flat_map(|one| steps(one)).collect();
        negative.reverse();
        let negative = negative.into_iter().map(|(at, n)| (at.negated(), n));
        negative.chain(steps(&self.positive))
    }

    /// Removes all samples and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.positive.reset();
        if let Some(negative) = &mut self.negative {
            negative.reset();
        }
    }

    #[inline]
    fn side(&mut self, is_negative: bool) -> &mut Histogram<u64> {
        if is_negative {
            self.negative.get_or_insert_with(|| Box::new(histogram()))
        } else {
            &mut self.positive
        }
    }
}

/// An empty histogram with three significant digits.
pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("three digits are a valid precision")
}

/// Adds a value `n` times.
#[inline]
pub(super) fn record(histogram: &mut Histogram<u64>, value: u64, n: u64) {
    let value = value.min(LARGEST);
    if histogram.record_n(value, n).is_err() {
        // Only on machines with addresses too short for the buckets.
        histogram.saturating_record_n(value, n);
    }
}

fn steps(histogram: &Histogram<u64>) -> impl Iterator<Item = (Bucket, u64)> + '_ {
    let steps = histogram.iter_recorded();
    steps.map(|step| (Bucket::of(step.value_iterated_to()), step.count_at_value()))
}

/// The middles of the buckets in which the samples of two ranks lie, from 0, the lower rank first. The buckets ascend.
pub(super) fn at_ranks(
    mut buckets: impl Iterator<Item = (Bucket, u64)>,
    (below, above): (u64, u64),
) -> (f64, f64) {
    let (mut seen, mut middle) = (0_u64, 0.0);
    let mut at = |rank| {
        while seen <= rank
            && let Some((bucket, n)) = buckets.next()
        {
            seen = seen.saturating_add(n);
            middle = bucket.middle();
        }
        middle
    };
    (at(below), at(above))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_of_both_signs_come_out_in_order() {
        let values = [-5000.0, -3.0, -1.0, 0.0, 1.0, 5000.0];
        let (mut recorded, mut added) = (BucketCounts::new(), BucketCounts::new());
        for value in values.iter().rev() {
            recorded.record(*value, 2);
            added.add(Bucket::of_number(*value), 2);
        }
        let expected: Vec<_> = values.map(|value| (Bucket::of_number(value), 2)).into();
        assert_eq!(recorded.iter().collect::<Vec<_>>(), expected);
        assert_eq!(added.iter().collect::<Vec<_>>(), expected);
    }
}
