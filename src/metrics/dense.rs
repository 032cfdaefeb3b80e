//! The recording histogram: integers of either sign, with three significant digits.

use hdrhistogram::Histogram;

use super::cell::Cell;

/// The histogram that is recorded into: whole numbers of either sign, with three significant digits. A sample costs the
/// same however many there are, and memory depends on the range of the values.
///
/// A bucket of the HDR histogram is at most 1/1024 of its values wide, and a value is reported as the middle of its
/// bucket, so it is off by at most [`RELATIVE_ERROR`]; whole numbers below 2048 are exact. What it holds leaves it as
/// cells, see [`Cell`](super::cell::Cell).
#[derive(Debug, Clone)]
pub(super) struct Dense {
    positive: Histogram<u64>,
    negative: Option<Box<Histogram<u64>>>,
}

/// How far a reported value may be from the recorded one, as a share of it.
pub(super) const RELATIVE_ERROR: f64 = 1.0 / 2048.0;

/// Larger magnitudes are recorded as this one; far enough from `u64::MAX` for every step of bucket arithmetic.
pub(super) const LARGEST: u64 = 1 << 62;

impl Dense {
    pub(super) fn new() -> Self {
        Self {
            positive: histogram(),
            negative: None,
        }
    }

    /// Records `value`, rounded to a whole number, `n` times.
    pub(super) fn record(&mut self, value: f64, n: u64) {
        if value < 0.0 {
            record(
                self.negative.get_or_insert_with(|| Box::new(histogram())),
                -value,
                n,
            );
        } else {
            record(&mut self.positive, value, n);
        }
    }

    /// Records the samples of cells.
    pub(super) fn record_cells(&mut self, cells: &[(Cell, u64)]) {
        for (cell, n) in cells {
            let (low, _) = cell.range();
            let low = low as f64;
            self.record(if cell.magnitude().1 { -low } else { low }, *n);
        }
    }

    /// The value with `rank` smaller ones before it, from 0.
    pub(super) fn at_rank(&self, rank: u64) -> f64 {
        let below = self.negative.as_ref().map_or(0, |negative| negative.len());
        match &self.negative {
            Some(negative) if rank < below => -at_rank(negative, below - 1 - rank),
            _ => at_rank(&self.positive, rank - below),
        }
    }

    /// Adds the samples of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        // It grows by itself, and all histograms here are of one make, so that adding cannot fail.
        let _ = self.positive.add(&other.positive);
        if let Some(negative) = other
            .negative
            .as_deref()
            .filter(|negative| !negative.is_empty())
        {
            let _ = self
                .negative
                .get_or_insert_with(|| Box::new(histogram()))
                .add(negative);
        }
    }

    /// The cells that hold samples, from the smallest value up.
    pub(super) fn cells(&self) -> Vec<(Cell, u64)> {
        let below = self.negative.iter().flat_map(|histogram| {
            let mut cells = cells(histogram, |value| Cell::of(value).negated());
            cells.reverse();
            cells
        });
        below.chain(cells(&self.positive, Cell::of)).collect()
    }

    /// Removes all samples and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.positive.reset();
        if let Some(negative) = &mut self.negative {
            negative.reset();
        }
    }
}

pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("three digits are a valid precision")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is not negative, and a cast from a float saturates"
)]
fn record(histogram: &mut Histogram<u64>, value: f64, n: u64) {
    let value = (value.round() as u64).min(LARGEST);
    if histogram.record_n(value, n).is_err() {
        // Only where addresses have too few bits for the buckets.
        histogram.saturating_record_n(value, n);
    }
}

fn at_rank(histogram: &Histogram<u64>, rank: u64) -> f64 {
    // The quantile in the middle of the step that the rank is: rounding cannot move it to the next one.
    let quantile = (rank as f64 + 0.5) / histogram.len() as f64;
    middle(histogram, histogram.value_at_quantile(quantile))
}

/// The middle of the bucket that `value` is in.
pub(super) fn middle(histogram: &Histogram<u64>, value: u64) -> f64 {
    let width = histogram.equivalent_range(value);
    // A bucket one wide holds one whole number, which is exact.
    histogram.lowest_equivalent(value) as f64 + if width > 1 { width as f64 / 2.0 } else { 0.0 }
}

fn cells(histogram: &Histogram<u64>, cell: impl Fn(u64) -> Cell) -> Vec<(Cell, u64)> {
    let steps = histogram.iter_recorded();
    steps
        .map(|step| (cell(step.value_iterated_to()), step.count_at_value()))
        .collect()
}
