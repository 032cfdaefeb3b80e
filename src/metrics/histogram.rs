//! A histogram as plain data: exact count, sum and extremes, and the buckets with samples.

use super::bucket::Bucket;
use super::bucket_counts::at_ranks;
use super::percentile::Exact;
use super::{Stat, Unit};

/// A histogram as plain data: exact count, sum and extremes, and the buckets with samples.
///
/// Its percentiles are those of a [`Trend`](super::Trend) that counts the same samples in a histogram. Memory depends on the
/// number of buckets with samples. Histograms merge exactly: however the samples were split, the result is the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    pub(super) unit: Unit,
    pub(super) exact: Exact,
    /// Each bucket once, in ascending order, with its count.
    pub(super) buckets: Vec<(Bucket, u64)>,
}

/// The number of steps per unit of a sample: nanoseconds, millionths, bytes.
pub(super) fn scale(unit: Unit) -> f64 {
    match unit {
        Unit::Time => 1e9,
        Unit::Plain => 1e6,
        Unit::Data => 1.0,
    }
}

impl Histogram {
    /// A histogram for samples in this unit, without samples.
    pub fn new(unit: Unit) -> Self {
        Self {
            unit,
            exact: Exact::NONE,
            buckets: Vec::new(),
        }
    }

    /// Adds the samples of `other`, which has the same unit.
    pub fn merge(&mut self, other: &Self) {
        self.exact.merge(&other.exact);
        add(&mut self.buckets, &other.buckets);
    }

    /// The buckets with samples in ascending order: number and count, as [`Histogram::from_numbered`] takes them.
    pub(crate) fn numbered(&self) -> impl ExactSizeIterator<Item = (i32, u64)> + '_ {
        self.buckets
            .iter()
            .map(|(bucket, count)| (bucket.0, *count))
    }

    /// The histogram with these buckets and this sum, minimum and maximum. `None` for buckets out of order or beyond the largest
    /// value, and for figures that are not finite.
    pub(crate) fn from_numbered(
        unit: Unit,
        (sum, min, max): (f64, f64, f64),
        buckets: impl Iterator<Item = (i32, u64)>,
    ) -> Option<Self> {
        let (at_least, at_most) = buckets.size_hint();
        let mut all: Vec<(Bucket, u64)> = Vec::with_capacity(at_most.unwrap_or(at_least));
        let mut count = 0_u64;
        for (number, n) in buckets {
            let bucket = Bucket(number);
            let follows = all.last().is_none_or(|(before, _)| *before < bucket);
            if n == 0 || !follows || !bucket.is_known() {
                return None;
            }
            count = count.checked_add(n)?;
            all.push((bucket, n));
        }
        if count == 0 {
            return Some(Self::new(unit));
        }
        let makes_sense = [sum, min, max].iter().all(|figure| figure.is_finite()) && min <= max;
        makes_sense.then_some(Self {
            unit,
            exact: Exact {
                count,
                sum,
                min,
                max,
            },
            buckets: all,
        })
    }

    /// The unit of its samples.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// The number of samples.
    pub fn count(&self) -> u64 {
        self.exact.count
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.exact.sum
    }

    /// The smallest sample; 0 without samples.
    pub fn min(&self) -> f64 {
        self.exact.min()
    }

    /// The largest sample; 0 without samples.
    pub fn max(&self) -> f64 {
        self.exact.max()
    }

    /// Their mean; 0 without samples.
    pub fn avg(&self) -> f64 {
        self.exact.avg()
    }

    /// The percentile `percent`, from 0 to 100; see [`Trend::percentile`](super::Trend::percentile).
    pub fn percentile(&self, percent: f64) -> f64 {
        self.exact.percentile(percent, |below, above| {
            let (low, high) = at_ranks(self.buckets.iter().copied(), (below, above));
            (low / scale(self.unit), high / scale(self.unit))
        })
    }

    /// A figure of the samples; `None` for those that trends do not have.
    pub fn stat(&self, stat: Stat) -> Option<f64> {
        self.exact.stat(stat, |percent| self.percentile(percent))
    }

    /// The buckets with samples in ascending order: the smallest and the largest value of each, and its count.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, f64, u64)> + '_ {
        let scale = scale(self.unit);
        self.buckets.iter().map(move |(bucket, count)| {
            let (low, width) = bucket.range();
            let (near, far) = (low as f64 / scale, (low + width - 1) as f64 / scale);
            match bucket.magnitude() {
                (_, true) => (-far, -near, *count),
                (_, false) => (near, far, *count),
            }
        })
    }
}

/// Adds one ascending list of buckets to another.
///
/// It works in place, because a histogram is usually far shorter than the sum it is added to, and has few new buckets.
fn add(own: &mut Vec<(Bucket, u64)>, other: &[(Bucket, u64)]) {
    let (mut at, mut new) = (0, 0);
    for (bucket, n) in other {
        at = first_from(own, at, *bucket);
        match own.get_mut(at) {
            Some((same, sum)) if same == bucket => *sum = sum.saturating_add(*n),
            _ => new += 1,
        }
    }
    // From the last bucket down, so that each moves only once.
    let (mut unmoved, mut end) = (own.len(), own.len() + new);
    own.resize(end, (Bucket(0), 0));
    for added in other.iter().rev() {
        if unmoved == end {
            return;
        }
        let at = last_up_to(&own[..unmoved], added.0);
        own.copy_within(at..unmoved, end - (unmoved - at));
        end -= unmoved - at;
        unmoved = at;
        let is_new = at == 0 || own[at - 1].0 != added.0;
        if is_new {
            end -= 1;
            own[end] = *added;
        }
    }
}

/// The index, from `at` on, of the first bucket that is not below `bucket`.
fn first_from(buckets: &[(Bucket, u64)], at: usize, bucket: Bucket) -> usize {
    let Some((next, _)) = buckets.get(at) else {
        return at;
    };
    // Buckets are distinct, so the index differs by at most as much as the number; without gaps, by exactly as much.
    let apart = distance(*next, bucket);
    match buckets.get(at.saturating_add(apart)) {
        Some((guess, _)) if *guess == bucket => at + apart,
        _ => {
            let end = buckets.len().min(at.saturating_add(apart));
            at + buckets[at..end].partition_point(|(other, _)| *other < bucket)
        }
    }
}

/// The number of buckets up to `bucket`.
fn last_up_to(buckets: &[(Bucket, u64)], bucket: Bucket) -> usize {
    let Some((last, _)) = buckets.last() else {
        return 0;
    };
    let start = buckets.len().saturating_sub(distance(bucket, *last));
    start + buckets[start..].partition_point(|(other, _)| *other <= bucket)
}

/// The distance of a bucket above `low`; 0 if it is below.
fn distance(low: Bucket, high: Bucket) -> usize {
    usize::try_from(i64::from(high.0) - i64::from(low.0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn any_cells() -> impl Strategy<Value = Vec<(Bucket, u64)>> {
        // Near each other and far apart, of both signs.
        let near = prop::collection::btree_map(-20..100_i32, 1..9_u64, 0..60);
        let far = prop::collection::btree_map(-50_000..50_000_i32, 1..9_u64, 0..20);
        (near, far).prop_map(|(mut near, far)| {
            near.extend(far);
            near.into_iter()
                .map(|(bucket, n)| (Bucket(bucket), n))
                .collect()
        })
    }

    proptest! {
        #[test]
        fn lists_of_buckets_add_up(lists in prop::collection::vec(any_cells(), 0..5)) {
            let (mut own, mut sums) = (Vec::new(), BTreeMap::new());
            for list in lists {
                add(&mut own, &list);
                for (bucket, n) in list {
                    *sums.entry(bucket).or_insert(0) += n;
                }
            }
            prop_assert_eq!(own, sums.into_iter().collect::<Vec<_>>());
        }
    }
}
