//! The cells of a histogram with three significant digits, numbered as in HdrHistogram.

use super::dense::LARGEST;

/// Values up to this one have a cell of their own.
const EXACT: u64 = 2048;
/// Cells of each further power of two.
const HALF: u64 = 1024;

/// Number of a cell: from 0 for values from 0 up, and below 0 for negative ones. Cells are ordered as their values are.
///
/// A cell is at most 1/1024 of its values wide, and whole numbers below 2048 have one each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cell(pub(super) i32);

impl Cell {
    /// The cell of a whole number.
    pub(super) fn of(value: u64) -> Self {
        let value = value.min(LARGEST);
        let shift = (u64::BITS - value.leading_zeros()).saturating_sub(11);
        let number = u64::from(shift) * HALF + (value >> shift);
        // Values end at 2^62, so there are fewer than 60,000 cells.
        Self(i32::try_from(number).unwrap_or(i32::MAX))
    }

    /// The cell of a number that is rounded to a whole one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is not negative, and a cast from a float saturates"
    )]
    pub(super) fn of_number(value: f64) -> Self {
        if value < 0.0 {
            Self::of(-value.round() as u64).negated()
        } else {
            Self::of(value.round() as u64)
        }
    }

    /// Whether samples can be in it.
    pub(super) fn is_known(self) -> bool {
        let (number, _) = self.magnitude();
        let (largest, _) = Self::of(LARGEST).magnitude();
        number <= largest
    }

    /// The cell of the same values with the other sign. Zero has one cell of each sign.
    pub(super) fn negated(self) -> Self {
        Self(-1 - self.0)
    }

    /// The number of the cell for the magnitude of its values, and whether they are negative.
    pub(super) fn magnitude(self) -> (u64, bool) {
        let negative = self.0 < 0;
        let number = if negative { -1 - self.0 } else { self.0 };
        (u64::try_from(number).unwrap_or_default(), negative)
    }

    /// The least magnitude of its values, and how many whole numbers it holds.
    pub(super) fn range(self) -> (u64, u64) {
        let (number, _) = self.magnitude();
        if number < EXACT {
            return (number, 1);
        }
        let shift = (number / HALF - 1).min(62);
        ((number % HALF + HALF) << shift, 1 << shift)
    }

    /// The middle of its values, which is what a percentile reports.
    pub(super) fn middle(self) -> f64 {
        let (low, width) = self.range();
        // A cell one wide holds one whole number, which is exact.
        let middle = low as f64 + if width > 1 { width as f64 / 2.0 } else { 0.0 };
        if self.0 < 0 { -middle } else { middle }
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::dense::{histogram, middle};

    fn any_value() -> impl Strategy<Value = u64> {
        (0..63_u32, any::<u64>()).prop_map(|(bits, value)| value & ((1 << bits) - 1))
    }

    proptest! {
        #[test]
        fn cells_are_those_of_hdr_histogram(value in any_value(), other in any_value()) {
            let hdr: Histogram<u64> = histogram();
            let (low, width) = Cell::of(value).range();
            prop_assert_eq!((low, width), (hdr.lowest_equivalent(value), hdr.equivalent_range(value)));
            prop_assert!((Cell::of(value).middle() - middle(&hdr, value)).abs() < f64::EPSILON);
            prop_assert_eq!(Cell::of(value) == Cell::of(other), hdr.equivalent(value, other));
            prop_assert_eq!(Cell::of(value) < Cell::of(other), value < other && !hdr.equivalent(value, other));
        }
    }

    #[test]
    fn negative_values_have_cells_of_their_own_in_their_order() {
        let cells: Vec<_> = [-5000.0, -3.0, -1.0, 0.0, 1.0, 5000.0]
            .map(Cell::of_number)
            .into();
        assert!(cells.is_sorted(), "{cells:?}");
        assert!((cells[1].middle() + 3.0).abs() < f64::EPSILON);
    }
}
