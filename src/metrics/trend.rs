use super::cell::Cell;
use super::dense::{Dense, RELATIVE_ERROR};
use super::histogram::{Histogram, scale};
use super::percentile::Exact;
use super::{Stat, Unit};

/// The distribution of a metric's samples.
///
/// Count, sum, least and greatest are always exact. The samples themselves are kept while there are at most
/// 10,000 of them, so that percentiles of a short run are exact too, interpolated between neighbours as k6
/// does; past that they are counted in an HDR histogram of three significant digits, and a percentile is off by at
/// most [`Trend::relative_error`] of the samples around it. The histogram counts times in nanoseconds, plain numbers
/// in millionths and data in bytes, each sample rounded to one of these, and takes what is beyond 4.6e18 of them
/// for that much.
#[derive(Debug, Clone)]
pub struct Trend {
    exact: Exact,
    unit: Unit,
    values: Values,
}

#[derive(Debug, Clone)]
enum Values {
    Exact { samples: Vec<f64>, sorted: bool },
    Histogram(Box<Dense>),
}

impl Trend {
    /// The maximum number of samples that are kept individually.
    pub(crate) const EXACT: u64 = 10_000;

    /// A trend of samples in this unit, without any.
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
            Values::Histogram(histogram) => histogram.record(scaled, n),
            Values::Exact { samples, sorted } if self.exact.count <= Self::EXACT => {
                *sorted = false;
                // More than a handful is rare, so the one is not made to pay for the many.
                (0..n).for_each(|_| samples.push(value));
            }
            Values::Exact { .. } => self.dense().record(scaled, n),
        }
    }

    /// Adds the samples of `other`; the order of merging makes no difference.
    pub fn merge(&mut self, other: &Self) {
        self.exact.merge(&other.exact);
        match &other.values {
            Values::Histogram(histogram) => self.dense().merge(histogram),
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

    /// Adds the samples that another process counted.
    pub fn merge_histogram(&mut self, other: &Histogram) {
        if other.count() == 0 {
            return;
        }
        self.exact.merge(&other.exact);
        self.dense().record_cells(&other.cells);
    }

    fn record(&mut self, samples: &[f64]) {
        let scale = scale(self.unit);
        let histogram = self.dense();
        for sample in samples {
            histogram.record(sample * scale, 1);
        }
    }

    /// The histogram, after the samples kept so far have moved into it.
    fn dense(&mut self) -> &mut Dense {
        if let Values::Exact { samples, .. } = &self.values {
            let mut histogram = Box::new(Dense::new());
            for sample in samples {
                histogram.record(sample * scale(self.unit), 1);
            }
            self.values = Values::Histogram(histogram);
        }
        match &mut self.values {
            Values::Histogram(histogram) => histogram,
            Values::Exact { .. } => unreachable!("the samples have moved"),
        }
    }

    /// Removes all samples and keeps the memory. A trend that uses a histogram continues to use it.
    pub(super) fn clear(&mut self) {
        self.exact = Exact::NONE;
        match &mut self.values {
            Values::Exact { samples, .. } => samples.clear(),
            Values::Histogram(histogram) => histogram.clear(),
        }
    }

    /// Sorts the kept samples, so that many percentiles can be computed quickly.
    pub fn sort(&mut self) {
        if let Values::Exact { samples, sorted } = &mut self.values {
            samples.sort_unstable_by(f64::total_cmp);
            *sorted = true;
        }
    }

    /// The trend as a histogram.
    pub fn histogram(&self) -> Histogram {
        let cells = match &self.values {
            Values::Histogram(histogram) => histogram.cells(),
            Values::Exact { samples, .. } => {
                let scale = scale(self.unit);
                let of = |sample: &f64| Cell::of_number(sample * scale);
                let mut all: Vec<Cell> = samples.iter().map(of).collect();
                all.sort_unstable();
                let runs = all.chunk_by(|a, b| a == b);
                runs.map(|run| (run[0], run.len() as u64)).collect()
            }
        };
        Histogram {
            unit: self.unit,
            exact: self.exact,
            cells,
        }
    }

    /// The individual samples in no order; `None` once they are counted in a histogram.
    pub fn samples(&self) -> Option<&[f64]> {
        match &self.values {
            Values::Exact { samples, .. } => Some(samples),
            Values::Histogram(_) => None,
        }
    }

    /// A trend restored from its histogram, and from its individual samples if they match it.
    pub fn restored(histogram: &Histogram, samples: Option<Vec<f64>>) -> Self {
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
            None if histogram.count() > 0 => trend.dense().record_cells(&histogram.cells),
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

    /// The least; 0 without any.
    pub fn min(&self) -> f64 {
        self.exact.min()
    }

    /// The greatest; 0 without any.
    pub fn max(&self) -> f64 {
        self.exact.max()
    }

    /// Their mean; 0 without any.
    pub fn avg(&self) -> f64 {
        self.exact.avg()
    }

    /// How far a percentile may be off, as a share of the samples around it: 0 while all are kept, then 1/2048, about
    /// 0.05 %. A sample that is not a whole number of nanoseconds, millionths or bytes is rounded to one as well.
    pub fn relative_error(&self) -> f64 {
        match &self.values {
            Values::Exact { .. } => 0.0,
            Values::Histogram(_) => RELATIVE_ERROR,
        }
    }

    /// The percentile `percent`, from 0 to 100: the value at rank `percent/100 · (count − 1)`, interpolated linearly
    /// between the two samples next to it, as k6 computes it. 0 without any sample.
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
            Values::Histogram(histogram) => {
                let at = |rank| histogram.at_rank(rank) / scale(self.unit);
                let low = at(below);
                (low, if above == below { low } else { at(above) })
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
