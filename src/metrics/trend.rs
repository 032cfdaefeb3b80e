use super::bucket::{Bucket, RELATIVE_ERROR};
use super::bucket_counts::{BucketCounts, at_ranks};
use super::histogram::{Histogram, scale};
use super::percentile::Exact;
use super::{Stat, Unit};

/// The distribution of a metric's samples.
///
/// Count, sum and extremes are always exact. Up to 10,000 samples are kept individually, so the percentiles of a short run are
/// exact too; as in k6, they are interpolated between neighbours. More samples are counted in an HDR histogram with three
/// significant digits, and a percentile is off by at most [`Trend::relative_error`] of the samples around it. The histogram
/// rounds times to nanoseconds, plain numbers to millionths and data to bytes; it counts more than 4.6e18 of these as that
/// many.
#[derive(Debug, Clone)]
pub struct Trend {
    exact: Exact,
    unit: Unit,
    values: Values,
}

#[derive(Debug, Clone)]
enum Values {
    Exact { samples: Vec<f64>, sorted: bool },
    Histogram(Box<BucketCounts>),
}

impl Trend {
    /// The maximum number of samples that are kept individually.
    pub(crate) const EXACT: u64 = 10_000;

    /// A trend for samples in this unit, without samples.
    pub fn new(unit: Unit) -> Self {
        let values = Values::Exact {
            samples: Vec::new(),
            sorted: true,
        };
        Self {
            exact: Exact::NONE,
            unit,
            values,
        }
    }

    /// Adds a finite sample `n` times.
    pub fn add(&mut self, value: f64, n: u64) {
        self.exact.add(value, n);
        self.keep(value, n);
    }

    fn keep(&mut self, value: f64, n: u64) {
        let scaled = value * scale(self.unit);
        match &mut self.values {
            Values::Histogram(counts) => counts.record(scaled, n),
            Values::Exact { samples, sorted } if self.exact.count <= Self::EXACT => {
                *sorted = false;
                // A large `n` is rare, so this is written for `n` = 1.
                (0..n).for_each(|_| samples.push(value));
            }
            Values::Exact { .. } => self.counts().record(scaled, n),
        }
    }

    /// Adds the samples of `other`; the order of merging makes no difference.
    pub fn merge(&mut self, other: &Self) {
        self.exact.merge(&other.exact);
        match &other.values {
            Values::Histogram(counts) => self.counts().merge(counts),
            Values::Exact { samples, .. } if self.exact.count <= Self::EXACT => {
                match &mut self.values {
                    Values::Exact {
                        samples: own,
                        sorted,
                    } => {
                        own.extend_from_slice(samples);
                        *sorted = false;
                    }
                    Values::Histogram(_) => self.record(samples),
                }
            }
            Values::Exact { samples, .. } => self.record(samples),
        }
    }

    /// Adds the samples of another process.
    pub(crate) fn merge_histogram(&mut self, other: &Histogram) {
        if other.count() == 0 {
            return;
        }
        self.exact.merge(&other.exact);
        self.add_buckets(other);
    }

    fn record(&mut self, samples: &[f64]) {
        let scale = scale(self.unit);
        let counts = self.counts();
        for sample in samples {
            counts.record(sample * scale, 1);
        }
    }

    fn add_buckets(&mut self, histogram: &Histogram) {
        let counts = self.counts();
        for (bucket, n) in &histogram.buckets {
            counts.add(*bucket, *n);
        }
    }

    /// The counts by bucket, after moving the individual samples into them.
    fn counts(&mut self) -> &mut BucketCounts {
        if let Values::Exact { samples, .. } = &mut self.values {
            let samples = std::mem::take(samples);
            self.values = Values::Histogram(Box::new(BucketCounts::new()));
            self.record(&samples);
        }
        match &mut self.values {
            Values::Histogram(counts) => counts,
            Values::Exact { .. } => unreachable!("the samples have moved"),
        }
    }

    /// Removes all samples and keeps the memory. A trend that uses a histogram continues to use it.
    pub(super) fn clear(&mut self) {
        self.exact = Exact::NONE;
        match &mut self.values {
            Values::Exact { samples, .. } => samples.clear(),
            Values::Histogram(counts) => counts.clear(),
        }
    }

    /// Sorts the kept samples, so that many percentiles can be computed quickly.
    pub(crate) fn sort(&mut self) {
        if let Values::Exact { samples, sorted } = &mut self.values {
            samples.sort_unstable_by(f64::total_cmp);
            *sorted = true;
        }
    }

    /// The trend as a histogram.
    pub fn histogram(&self) -> Histogram {
        let buckets = match &self.values {
            Values::Histogram(counts) => counts.iter().collect(),
            Values::Exact { samples, .. } => {
                let scale = scale(self.unit);
                let of = |sample: &f64| Bucket::of_number(sample * scale);
                let mut all: Vec<Bucket> = samples.iter().map(of).collect();
                all.sort_unstable();
                let runs = all.chunk_by(|a, b| a == b);
                runs.map(|run| (run[0], run.len() as u64)).collect()
            }
        };
        Histogram {
            unit: self.unit,
            exact: self.exact,
            buckets,
        }
    }

    /// The individual samples, unordered; `None` once they are counted in a histogram.
    pub fn samples(&self) -> Option<&[f64]> {
        match &self.values {
            Values::Exact { samples, .. } => Some(samples),
            Values::Histogram(_) => None,
        }
    }

    /// A trend restored from its histogram, and from its individual samples if they match it.
    pub(crate) fn restored(histogram: &Histogram, samples: Option<Vec<f64>>) -> Self {
        let mut trend = Self {
            exact: histogram.exact,
            ..Self::new(histogram.unit)
        };
        let fits = |samples: &Vec<f64>| {
            samples.len() as u64 == histogram.count() && trend.exact.count <= Self::EXACT
        };
        match samples.filter(fits) {
            Some(samples) => {
                trend.values = Values::Exact {
                    samples,
                    sorted: false,
                }
            }
            None if histogram.count() > 0 => trend.add_buckets(histogram),
            None => {}
        }
        trend
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

    /// The maximum error of a percentile, as a share of the samples around it: 0 while all samples are kept, then 1/2048, about
    /// 0.05 %. The rounding of samples to nanoseconds, millionths or bytes is not included.
    pub fn relative_error(&self) -> f64 {
        match &self.values {
            Values::Exact { .. } => 0.0,
            Values::Histogram(_) => RELATIVE_ERROR,
        }
    }

    /// The percentile `percent`, from 0 to 100: the value at rank `percent/100 · (count − 1)`, interpolated linearly
    /// between the two neighbouring samples, as in k6. 0 without samples.
    pub fn percentile(&self, percent: f64) -> f64 {
        self.exact
            .percentile(percent, |below, above| self.at_ranks(below, above))
    }

    fn at_ranks(&self, below: u64, above: u64) -> (f64, f64) {
        let pick = |sorted: &[f64], rank: u64| {
            usize::try_from(rank)
                .ok()
                .and_then(|at| sorted.get(at).copied())
                .unwrap_or(self.exact.max)
        };
        match &self.values {
            Values::Exact {
                samples,
                sorted: true,
            } => (pick(samples, below), pick(samples, above)),
            Values::Exact {
                samples,
                sorted: false,
            } => {
                let mut sorted = samples.clone();
                sorted.sort_unstable_by(f64::total_cmp);
                (pick(&sorted, below), pick(&sorted, above))
            }
            Values::Histogram(counts) => {
                let (low, high) = at_ranks(counts.iter(), (below, above));
                (low / scale(self.unit), high / scale(self.unit))
            }
        }
    }

    /// A figure of the trend; `None` for those that trends do not have.
    pub fn stat(&self, stat: Stat) -> Option<f64> {
        self.exact.stat(stat, |percent| self.percentile(percent))
    }
}

#[cfg(test)]
mod tests;
