//! A rate of iterations, as an exact number.

use std::fmt;

/// A number of starts per time unit, from 0 to [`StartRate::MAX`], exact to a millionth.
///
/// As a number of millionths, `rate = 0.1` is exact, so an hour of it has exactly 360 starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct StartRate(u64);

impl StartRate {
    /// The maximum rate: 10⁹ starts per time unit.
    pub(crate) const MAX: Self = Self(1_000_000_000 * Self::MILLIONTHS);
    /// Millionths in one start.
    pub(super) const MILLIONTHS: u64 = 1_000_000;

    /// The rate nearest to `per_unit`; `None` if that is negative, not a number, above [`StartRate::MAX`], or not 0 but so
    /// small that it would be rounded to 0.
    pub(crate) fn new(per_unit: f64) -> Option<Self> {
        let millionths = (per_unit * Self::MILLIONTHS as f64).round();
        let vanished = millionths == 0.0 && per_unit != 0.0;
        if !(0.0..=Self::MAX.0 as f64).contains(&millionths) || vanished {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number within 0..=MAX, checked above"
        )]
        Some(Self(millionths as u64))
    }

    /// Whether the rate is 0.
    pub(crate) fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Starts per time unit.
    pub(crate) fn get(self) -> f64 {
        self.0 as f64 / Self::MILLIONTHS as f64
    }

    /// Starts per time unit, if this is a whole number.
    pub(crate) fn whole(self) -> Option<u64> {
        self.0
            .is_multiple_of(Self::MILLIONTHS)
            .then_some(self.0 / Self::MILLIONTHS)
    }

    pub(super) fn millionths(self) -> u64 {
        self.0
    }
}

impl From<u32> for StartRate {
    /// A whole rate, at most [`StartRate::MAX`].
    fn from(per_unit: u32) -> Self {
        Self(u64::from(per_unit) * Self::MILLIONTHS).min(Self::MAX)
    }
}

impl fmt::Display for StartRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_fractions_are_exact() {
        assert_eq!(
            StartRate::new(0.1).map(StartRate::millionths),
            Some(100_000)
        );
        assert_eq!(StartRate::new(2.5).map(StartRate::get), Some(2.5));
        assert_eq!(StartRate::new(1e9), Some(StartRate::MAX));
        assert_eq!(StartRate::from(7).to_string(), "7");
        assert_eq!(
            (
                StartRate::from(7).whole(),
                StartRate::new(0.7).and_then(StartRate::whole)
            ),
            (Some(7), None)
        );
        assert_eq!(StartRate::from(u32::MAX), StartRate::MAX);
    }

    #[test]
    fn invalid_rates_are_refused() {
        for bad in [-1.0, -1e-7, f64::NAN, f64::INFINITY, 1e9 + 1.0, 1e18, 1e-7] {
            assert_eq!(StartRate::new(bad), None, "{bad}");
        }
        assert_eq!(StartRate::new(0.0), Some(StartRate::default()));
    }
}
