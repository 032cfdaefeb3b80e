//! Base-2 histograms: the native histograms of Prometheus and the exponential ones of OpenTelemetry.

use super::Histogram;
use super::bucket::Bucket;
use super::histogram::scale;

/// A histogram with buckets whose bounds are powers of `2^(2^-schema)`.
///
/// Bucket `i` holds the values above `2^((i-1)/2^schema)` up to `2^(i/2^schema)`, as Prometheus numbers them. The same
/// bucket has the number `i - 1` in OpenTelemetry.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exponential {
    /// The resolution, from -4 to 8: each step up halves the width of the buckets.
    pub(crate) schema: i32,
    /// The number of values.
    pub(crate) count: u64,
    /// Their sum.
    pub(crate) sum: f64,
    /// The smallest value; infinity without values.
    pub(crate) min: f64,
    /// The largest value; minus infinity without values.
    pub(crate) max: f64,
    /// The number of values with a magnitude of at most [`Exponential::zero_threshold`].
    pub(crate) zero_count: u64,
    /// The largest magnitude that counts as zero: half of the smallest measured step.
    pub(crate) zero_threshold: f64,
    /// The values above zero: the buckets with values in ascending order, each with its count.
    pub(crate) positive: Vec<(i32, u64)>,
    /// The magnitudes of the values below zero, in the same form.
    pub(crate) negative: Vec<(i32, u64)>,
}

/// The form in which buckets are written, which determines how they count against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Only buckets with values.
    Sparse,
    /// All buckets from the first to the last one with values, including empty ones.
    Dense,
}

impl Exponential {
    /// The finest schema of Prometheus.
    pub(crate) const FINEST: i32 = 8;
    /// The coarsest schema of Prometheus.
    pub(crate) const COARSEST: i32 = -4;

    /// The values of `histogram` in the finest schema that needs at most `most` buckets for each sign.
    pub(crate) fn of(histogram: &Histogram, most: usize, layout: Layout) -> Self {
        let scale = scale(histogram.unit);
        let mut all = Self {
            schema: Self::FINEST,
            count: histogram.exact.count,
            sum: histogram.exact.sum,
            min: histogram.exact.min,
            max: histogram.exact.max,
            zero_count: 0,
            zero_threshold: 0.5 / scale,
            positive: Vec::new(),
            negative: Vec::new(),
        };
        for (bucket, count) in &histogram.buckets {
            let middle = bucket.middle() / scale;
            if is_zero(*bucket) {
                all.zero_count = all.zero_count.saturating_add(*count);
            } else if middle > 0.0 {
                push(&mut all.positive, finest(middle), *count);
            } else {
                // Magnitudes come in descending order here and are reversed below.
                push(&mut all.negative, finest(-middle), *count);
            }
        }
        all.negative.reverse();
        all.fit(most, layout);
        all
    }

    /// Adds the values of `other`, in the coarser of both schemas, or a still coarser one with at most `most` buckets for
    /// each sign. A schema never becomes finer.
    pub(crate) fn merge(&mut self, other: &Self, most: usize, layout: Layout) {
        let schema = self.schema.min(other.schema);
        self.coarsen_to(schema);
        let add = |own: &mut Vec<(i32, u64)>, theirs: &[(i32, u64)]| {
            let shift = other.schema - schema;
            for &(index, count) in theirs {
                let index = coarser(index, shift);
                match own.binary_search_by_key(&index, |(index, _)| *index) {
                    Ok(at) => own[at].1 = own[at].1.saturating_add(count),
                    Err(at) => own.insert(at, (index, count)),
                }
            }
        };
        add(&mut self.positive, &other.positive);
        add(&mut self.negative, &other.negative);
        self.count = self.count.saturating_add(other.count);
        self.zero_count = self.zero_count.saturating_add(other.zero_count);
        self.sum = super::sink::bounded_sum(self.sum, other.sum);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.fit(most, layout);
    }

    /// The same histogram without values.
    #[must_use]
    pub(crate) fn emptied(&self) -> Self {
        Self {
            count: 0,
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            zero_count: 0,
            positive: Vec::new(),
            negative: Vec::new(),
            ..*self
        }
    }

    fn fit(&mut self, most: usize, layout: Layout) {
        let needs = |buckets: &[(i32, u64)], shift: i32| match (layout, buckets) {
            (_, []) => 0,
            (Layout::Dense, [(first, _), ..]) => {
                let last = buckets[buckets.len() - 1].0;
                let between = coarser(last, shift).abs_diff(coarser(*first, shift));
                between as usize + 1
            }
            (Layout::Sparse, _) => {
                let same =
                    |pair: &[(i32, u64)]| coarser(pair[0].0, shift) == coarser(pair[1].0, shift);
                buckets.len() - buckets.windows(2).filter(|pair| same(pair)).count()
            }
        };
        let fits = |shift: &i32| {
            needs(&self.positive, *shift) <= most && needs(&self.negative, *shift) <= most
        };
        let farthest = self.schema - Self::COARSEST;
        let shift = (0..=farthest).find(fits).unwrap_or(farthest);
        self.coarsen_to(self.schema - shift);
    }

    fn coarsen_to(&mut self, schema: i32) {
        let shift = self.schema - schema;
        if shift <= 0 {
            return;
        }
        for buckets in [&mut self.positive, &mut self.negative] {
            let mut wider = Vec::with_capacity(buckets.len());
            for &(index, count) in buckets.iter() {
                push(&mut wider, coarser(index, shift), count);
            }
            *buckets = wider;
        }
        self.schema = schema;
    }
}

/// Whether a bucket is one of the two for values that round to zero.
fn is_zero(bucket: Bucket) -> bool {
    bucket.magnitude().0 == 0
}

/// The bucket of a value above zero in the finest schema: the next whole number up from `log2(value) * 2^8`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the logarithm of a number is below 1,100"
)]
fn finest(value: f64) -> i32 {
    (value.log2() * f64::from(1 << Exponential::FINEST)).ceil() as i32
}

/// The bucket in a schema that is coarser by `shift`: its bounds are every `2^shift`-th of the finer ones.
fn coarser(index: i32, shift: i32) -> i32 {
    ((index - 1) >> shift) + 1
}

/// Adds to the last bucket if it has this index, else appends a bucket.
fn push(buckets: &mut Vec<(i32, u64)>, index: i32, count: u64) {
    match buckets.last_mut() {
        Some((last, own)) if *last == index => *own = own.saturating_add(count),
        _ => buckets.push((index, count)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::{Trend, Unit};

    impl Exponential {
        /// The upper bound of a bucket.
        fn bound(&self, index: i32) -> f64 {
            (f64::from(index) * 2_f64.powi(-self.schema)).exp2()
        }
    }

    const MOST: usize = 160;

    fn histogram(unit: Unit, values: &[f64]) -> Histogram {
        let mut trend = Trend::new(unit);
        for &value in values {
            trend.add(value, 1);
        }
        trend.histogram()
    }

    fn counted(all: &Exponential) -> u64 {
        let buckets = all.positive.iter().chain(&all.negative);
        all.zero_count + buckets.map(|(_, count)| count).sum::<u64>()
    }

    /// The bounds of the bucket that holds the value of this rank, from 0.
    fn at(all: &Exponential, rank: u64) -> (f64, f64) {
        let below = all.negative.iter().rev();
        let below = below.map(|(index, n)| (-all.bound(*index), -all.bound(index - 1), *n));
        let zero = (-all.zero_threshold, all.zero_threshold, all.zero_count);
        let above = all.positive.iter();
        let above = above.map(|(index, n)| (all.bound(index - 1), all.bound(*index), *n));
        let mut seen = 0;
        for (low, high, count) in below.chain([zero]).chain(above) {
            seen += count;
            if seen > rank {
                return (low, high);
            }
        }
        panic!("no value has the rank {rank}")
    }

    fn times() -> impl Strategy<Value = Vec<f64>> {
        let magnitude = (-9.0..4.0_f64).prop_map(|power| 10_f64.powf(power));
        prop::collection::vec(prop_oneof![9 => magnitude, 1 => Just(0.0)], 1..400)
    }

    proptest! {
        #[test]
        fn count_and_sum_are_kept_and_each_value_is_in_its_bucket(mut values in times()) {
            let histogram = histogram(Unit::Time, &values);
            for layout in [Layout::Sparse, Layout::Dense] {
                let all = Exponential::of(&histogram, MOST, layout);
                prop_assert_eq!((counted(&all), all.count), (histogram.count(), histogram.count()));
                prop_assert_eq!((all.sum, all.min, all.max), (histogram.sum(), histogram.min(), histogram.max()));
                prop_assert!(all.positive.len() <= MOST);
                values.sort_by(f64::total_cmp);
                for (rank, &value) in (0..).zip(&values) {
                    let (low, high) = at(&all, rank);
                    // A bucket of the histogram is 1/1024 of its value wide, and nanoseconds are whole.
                    let bucket = value / 1024.0 + 1e-9;
                    prop_assert!(low - bucket <= value && value <= high + bucket, "{value} is not in {low}..{high}");
                }
            }
        }

        #[test]
        fn the_schema_is_the_finest_that_fits(values in times(), most in 8_usize..200) {
            let histogram = histogram(Unit::Time, &values);
            for layout in [Layout::Sparse, Layout::Dense] {
                let all = Exponential::of(&histogram, most, layout);
                if all.schema < Exponential::FINEST {
                    let finer = Exponential::of(&histogram, usize::MAX, layout);
                    let mut finer = Exponential { schema: Exponential::FINEST, ..finer };
                    finer.coarsen_to(all.schema + 1);
                    let needed = match layout {
                        Layout::Sparse => finer.positive.len(),
                        Layout::Dense => usize::try_from(finer.positive[finer.positive.len() - 1].0 - finer.positive[0].0).unwrap() + 1,
                    };
                    prop_assert!(needed > most, "{needed} buckets would do at schema {}", finer.schema);
                }
            }
        }

        #[test]
        fn parts_merge_to_the_whole(values in times(), cut in 0_usize..400) {
            let (one, other) = values.split_at(cut.min(values.len()));
            let whole = histogram(Unit::Time, &values);
            for layout in [Layout::Sparse, Layout::Dense] {
                let mut merged = Exponential::of(&histogram(Unit::Time, one), MOST, layout);
                merged.merge(&Exponential::of(&histogram(Unit::Time, other), MOST, layout), MOST, layout);
                let mut all = Exponential::of(&whole, usize::MAX, layout);
                all.coarsen_to(merged.schema);
                prop_assert_eq!(&merged.positive, &all.positive);
                prop_assert_eq!((merged.count, merged.zero_count), (all.count, all.zero_count));
                prop_assert!((merged.sum - all.sum).abs() <= 1e-9 * all.sum);
            }
        }
    }

    #[test]
    fn an_upper_bound_belongs_to_its_bucket() {
        let all = Exponential::of(
            &histogram(Unit::Data, &[1.0, 2.0, 3.0, 4.0, -4.0, 0.0]),
            1,
            Layout::Sparse,
        );
        // Buckets of powers of 65,536 are the coarsest: one ends at 1, the next has the rest.
        assert_eq!(all.schema, Exponential::COARSEST);
        assert_eq!(all.positive, [(0, 1), (1, 3)]);
        let all = Exponential::of(
            &histogram(Unit::Data, &[1.0, 2.0, 3.0, 4.0, -4.0, 0.0]),
            3,
            Layout::Sparse,
        );
        assert_eq!((all.schema, all.zero_count), (1, 1));
        // 3 and 4 share the one up to 4, which begins at 2.83.
        assert_eq!(all.positive, [(0, 1), (2, 1), (4, 2)]);
        assert_eq!(all.negative, [(4, 1)]);
    }
}
