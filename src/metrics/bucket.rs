//! The buckets of HdrHistogram with three significant digits, numbered.

/// Values up to this one have a bucket each.
const EXACT: u64 = 2048;
/// Buckets of each further power of two.
const HALF: u64 = 1024;
/// Larger magnitudes count as this one; far enough from `u64::MAX` for every step of the arithmetic.
pub(super) const LARGEST: u64 = 1 << 62;

/// The maximum distance of the middle of a bucket from a value in it, as a share of the value.
pub(super) const RELATIVE_ERROR: f64 = 1.0 / 2048.0;

/// The number of a bucket: from 0 for values from 0 up, and below 0 for negative values. Buckets are ordered as their values.
///
/// A bucket is at most 1/1024 of its values wide; each whole number below 2048 has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Bucket(pub(super) i32);

impl Bucket {
    /// The bucket of a whole number.
    #[inline]
    pub(super) fn of(value: u64) -> Self {
        let value = value.min(LARGEST);
        let shift = (u64::BITS - value.leading_zeros()).saturating_sub(11);
        let number = u64::from(shift) * HALF + (value >> shift);
        // Values end at 2^62, so there are fewer than 60,000 buckets.
        Self(i32::try_from(number).unwrap_or(i32::MAX))
    }

    /// The bucket of a number, which is rounded to a whole one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is not negative, and a cast from a float saturates"
    )]
    #[inline]
    pub(super) fn of_number(value: f64) -> Self {
        if value < 0.0 {
            Self::of(-value.round() as u64).negated()
        } else {
            Self::of(value.round() as u64)
        }
    }

    /// Whether a sample can have this bucket.
    pub(super) fn is_known(self) -> bool {
        self.magnitude().0 <= Self::of(LARGEST).magnitude().0
    }

    /// The bucket of the same values with the other sign. Zero has a bucket of each sign.
    pub(super) fn negated(self) -> Self {
        Self(-1 - self.0)
    }

    /// The number of the bucket for the magnitude of its values, and whether they are negative.
    pub(super) fn magnitude(self) -> (u64, bool) {
        let is_negative = self.0 < 0;
        let number = if is_negative { -1 - self.0 } else { self.0 };
        (u64::try_from(number).unwrap_or_default(), is_negative)
    }

    /// The smallest magnitude of its values, and how many whole numbers it holds.
    pub(super) fn range(self) -> (u64, u64) {
        let (number, _) = self.magnitude();
        if number < EXACT {
            return (number, 1);
        }
        let shift = (number / HALF - 1).min(62);
        ((number % HALF + HALF) << shift, 1 << shift)
    }

    /// The middle of its values, which a percentile reports.
    pub(super) fn middle(self) -> f64 {
        let (low, width) = self.range();
        // A bucket with one whole number is exact.
        let middle = low as f64 + if width > 1 { width as f64 / 2.0 } else { 0.0 };
        if self.0 < 0 { -middle } else { middle }
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use proptest::prelude::*;

    use super::*;

    fn any_value() -> impl Strategy<Value = u64> {
        (0..63_u32, any::<u64>()).prop_map(|(bits, value)| value & ((1 << bits) - 1))
    }

    proptest! {
        #[test]
        fn buckets_are_those_of_hdr_histogram(value in any_value(), other in any_value()) {
            let hdr: Histogram<u64> = Histogram::new(3).unwrap();
            let range = Bucket::of(value).range();
            prop_assert_eq!(range, (hdr.lowest_equivalent(value), hdr.equivalent_range(value)));
            prop_assert_eq!(Bucket::of(value) == Bucket::of(other), hdr.equivalent(value, other));
            prop_assert_eq!(Bucket::of(value) < Bucket::of(other), value < other && !hdr.equivalent(value, other));
        }
    }

    #[test]
    fn negative_values_have_their_own_buckets_in_order() {
        let buckets: Vec<_> = [-5000.0, -3.0, -1.0, 0.0, 1.0, 5000.0]
            .map(Bucket::of_number)
            .into();
        assert!(buckets.is_sorted(), "{buckets:?}");
        assert!((buckets[1].middle() + 3.0).abs() < f64::EPSILON);
    }
}
