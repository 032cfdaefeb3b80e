//! A histogram as plain data: exact count, sum and extremes, and its non-empty cells.

use super::cell::Cell;
use super::percentile::Exact;
use super::{Stat, Unit};

/// How samples are distributed, as plain data: exact count, sum and extremes, and the cells that hold any.
///
/// It holds what a [`Trend`](super::Trend) of the same samples holds once it counts them in a histogram, gives the
/// same percentiles, and takes the memory of what is in it. Histograms merge exactly: those of any split of the samples
/// make, merged, the one of all.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    pub(super) unit: Unit,
    pub(super) exact: Exact,
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
            exact: Exact::NONE,
            cells: Vec::new(),
        }
    }

    /// Adds the samples of `other`, which has the same unit.
    pub fn merge(&mut self, other: &Self) {
        self.exact.merge(&other.exact);
        add(&mut self.cells, &other.cells);
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
        let (at_least, at_most) = cells.size_hint();
        let mut all: Vec<(Cell, u64)> = Vec::with_capacity(at_most.unwrap_or(at_least));
        let mut count = 0_u64;
        for (number, n) in cells {
            let cell = Cell(number);
            let follows = all.last().is_none_or(|(before, _)| *before < cell);
            if n == 0 || !follows || !cell.is_known() {
                return None;
            }
            count = count.checked_add(n)?;
            all.push((cell, n));
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
            cells: all,
        })
    }

    /// What its samples measure.
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

    /// The percentile `percent`, from 0 to 100, as [`Trend::percentile`](super::Trend::percentile) gives it.
    pub fn percentile(&self, percent: f64) -> f64 {
        self.exact.percentile(percent, |below, above| {
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
        self.exact.stat(stat, |percent| self.percentile(percent))
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

/// Adds one ascending list of cells to another.
///
/// It works in place: of many histograms that are summed up, each is far shorter than the sum and mostly has cells that
/// the sum has too.
fn add(own: &mut Vec<(Cell, u64)>, other: &[(Cell, u64)]) {
    let (mut at, mut new) = (0, 0);
    for (cell, n) in other {
        at = first_from(own, at, *cell);
        match own.get_mut(at) {
            Some((same, sum)) if same == cell => *sum = sum.saturating_add(*n),
            _ => new += 1,
        }
    }
    // From the last cell down, so that each moves once, to its place.
    let (mut unmoved, mut end) = (own.len(), own.len() + new);
    own.resize(end, (Cell(0), 0));
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

/// The place of the first cell from `at` on that is not below `cell`.
fn first_from(cells: &[(Cell, u64)], at: usize, cell: Cell) -> usize {
    let Some((next, _)) = cells.get(at) else {
        return at;
    };
    // No cell is there twice, so it is not a further away than its number; where all are there, it is just there.
    let apart = distance(*next, cell);
    match cells.get(at.saturating_add(apart)) {
        Some((guess, _)) if *guess == cell => at + apart,
        _ => {
            let end = cells.len().min(at.saturating_add(apart));
            at + cells[at..end].partition_point(|(other, _)| *other < cell)
        }
    }
}

/// How many cells there are up to `cell`.
fn last_up_to(cells: &[(Cell, u64)], cell: Cell) -> usize {
    let Some((last, _)) = cells.last() else {
        return 0;
    };
    let start = cells.len().saturating_sub(distance(cell, *last));
    start + cells[start..].partition_point(|(other, _)| *other <= cell)
}

/// How far above `low` a cell is; 0 if it is below.
fn distance(low: Cell, high: Cell) -> usize {
    usize::try_from(i64::from(high.0) - i64::from(low.0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn any_cells() -> impl Strategy<Value = Vec<(Cell, u64)>> {
        // Near each other and far apart, of both signs.
        let near = prop::collection::btree_map(-20..100_i32, 1..9_u64, 0..60);
        let far = prop::collection::btree_map(-50_000..50_000_i32, 1..9_u64, 0..20);
        (near, far).prop_map(|(mut near, far)| {
            near.extend(far);
            near.into_iter().map(|(cell, n)| (Cell(cell), n)).collect()
        })
    }

    proptest! {
        #[test]
        fn lists_of_cells_add_up(lists in prop::collection::vec(any_cells(), 0..5)) {
            let (mut own, mut sums) = (Vec::new(), BTreeMap::new());
            for list in lists {
                add(&mut own, &list);
                for (cell, n) in list {
                    *sums.entry(cell).or_insert(0) += n;
                }
            }
            prop_assert_eq!(own, sums.into_iter().collect::<Vec<_>>());
        }
    }
}
