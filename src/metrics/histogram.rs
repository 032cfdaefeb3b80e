use super::cell::Cell;
use super::percentile::Extremes;
use super::sink::bounded_sum;
use super::{Stat, Unit};

/// How samples are distributed, as plain data: exact count, sum and extremes, and the cells that hold any.
///
/// It holds what a [`Trend`](super::Trend) of the same samples holds once it counts them in a histogram, gives the
/// same percentiles, and takes the memory of what is in it. Histograms merge exactly: those of any split of the samples
/// make, merged, the one of all.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    pub(super) unit: Unit,
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    /// Each cell once, in ascending order, with its count.
    pub(super) cells: Vec<(Cell, u64)>,
}

/// Steps of a histogram per unit of a sample: nanoseconds, millionths, bytes.
pub(super) fn scale(unit: Unit) -> f64 {
    match unit {
        Unit::Time => 1e9,
        Unit::Plain => 1e6,
        Unit::Data => 1.0,
    }
}

impl Histogram {
    /// A histogram of samples in this unit, without any.
    pub fn new(unit: Unit) -> Self {
        Self {
            unit,
            count: 0,
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            cells: Vec::new(),
        }
    }

    /// Adds all that `other` holds, which is in the same unit.
    pub fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum = bounded_sum(self.sum, other.sum);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.cells = merged(&self.cells, &other.cells);
    }

    /// The cells that hold samples, in ascending order: the number of each, as [`Histogram::from_numbered`] takes it, and its
    /// count.
    pub fn numbered(&self) -> impl ExactSizeIterator<Item = (i32, u64)> + '_ {
        self.cells.iter().map(|(cell, count)| (cell.0, *count))
    }

    /// The histogram of these cells, whose samples have this sum, least and greatest value. `None` where that makes no
    /// sense: cells out of order or beyond the largest value, or figures that are not finite.
    pub fn from_numbered(
        unit: Unit,
        (sum, min, max): (f64, f64, f64),
        cells: impl Iterator<Item = (i32, u64)>,
    ) -> Option<Self> {
        let cells: Vec<_> = cells.map(|(number, n)| (Cell(number), n)).collect();
        let count = cells
            .iter()
            .try_fold(0_u64, |sum, (_, n)| sum.checked_add(*n))?;
        if count == 0 {
            return cells.is_empty().then(|| Self::new(unit));
        }
        let is_known = |(cell, n): &(Cell, u64)| cell.is_known() && *n > 0;
        let makes_sense = cells.iter().all(is_known)
            && cells.windows(2).all(|pair| pair[0].0 < pair[1].0)
            && [sum, min, max].iter().all(|figure| figure.is_finite())
            && min <= max;
        makes_sense.then_some(Self {
            unit,
            count,
            sum,
            min,
            max,
            cells,
        })
    }

    /// What its samples measure.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// How many samples there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// The least; 0 without any.
    pub fn min(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.min }
    }

    /// The greatest; 0 without any.
    pub fn max(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.max }
    }

    /// Their mean; 0 without any.
    pub fn avg(&self) -> f64 {
        if self.count == 0 {
            0.0
        } else {
            self.sum / self.count as f64
        }
    }

    /// The percentile `percent`, from 0 to 100, as [`Trend::percentile`](super::Trend::percentile) gives it.
    pub fn percentile(&self, percent: f64) -> f64 {
        let extremes = Extremes {
            count: self.count,
            min: self.min,
            max: self.max,
        };
        extremes.percentile(percent, |below, above| {
            let mut cells = self.cells.iter();
            let mut seen = 0;
            let mut cell = None;
            let mut at = |rank| {
                while seen <= rank
                    && let Some((next, count)) = cells.next()
                {
                    seen += count;
                    cell = Some(*next);
                }
                cell.map_or(0.0, |cell| cell.middle() / scale(self.unit))
            };
            let low = at(below);
            (low, if above == below { low } else { at(above) })
        })
    }

    /// A figure of the samples; `None` for those that trends do not have.
    pub fn stat(&self, stat: Stat) -> Option<f64> {
        Some(match stat {
            Stat::Count => self.count as f64,
            Stat::Avg => self.avg(),
            Stat::Min => self.min(),
            Stat::Med => self.percentile(50.0),
            Stat::Max => self.max(),
            Stat::Sum => self.sum,
            Stat::Percentile(percent) => self.percentile(percent),
            Stat::Rate | Stat::Value => return None,
        })
    }

    /// The cells that hold samples, from the least value up: the least and the greatest value of each, and its count.
    pub fn cells(&self) -> impl Iterator<Item = (f64, f64, u64)> + '_ {
        let scale = scale(self.unit);
        self.cells.iter().map(move |(cell, count)| {
            let (low, width) = cell.range();
            let (near, far) = (low as f64 / scale, (low + width - 1) as f64 / scale);
            match cell.magnitude() {
                (_, true) => (-far, -near, *count),
                (_, false) => (near, far, *count),
            }
        })
    }
}

/// Two ascending lists of cells as one.
fn merged(left: &[(Cell, u64)], right: &[(Cell, u64)]) -> Vec<(Cell, u64)> {
    let mut all = Vec::with_capacity(left.len().max(right.len()));
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let next = match (left.peek().copied(), right.peek().copied()) {
            (Some(&(a, n)), Some(&(b, m))) if a == b => (a, n.saturating_add(m)),
            (Some(&a), Some(b)) => a.min(*b),
            (Some(&cell), None) | (None, Some(&cell)) => cell,
            (None, None) => return all,
        };
        left.next_if(|(cell, _)| *cell == next.0);
        right.next_if(|(cell, _)| *cell == next.0);
        all.push(next);
    }
}
