//! The burstiness of random starts, as an exact number.

/// The shape of the gamma distribution of random gaps, exact to a millionth.
///
/// At 1, gaps are exponential and starts form a Poisson process; below 1, starts are burstier, above 1 more even. The variance
/// of a gap is the square of its mean divided by the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Burstiness(u32);

impl Burstiness {
    /// The minimum: nearly all starts occur in few bursts.
    pub(crate) const MIN: Self = Self(Self::MILLIONTHS / 100);
    /// The maximum: gaps differ by a few percent.
    pub(crate) const MAX: Self = Self(Self::MILLIONTHS * 1000);
    /// Exponential gaps.
    pub(crate) const POISSON: Self = Self(Self::MILLIONTHS);
    const MILLIONTHS: u32 = 1_000_000;

    /// The shape nearest to `shape`; `None` if it is below [`Burstiness::MIN`], above [`Burstiness::MAX`] or not a number.
    pub(crate) fn new(shape: f64) -> Option<Self> {
        let millionths = (shape * f64::from(Self::MILLIONTHS)).round();
        if !(f64::from(Self::MIN.0)..=f64::from(Self::MAX.0)).contains(&millionths) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number within MIN..=MAX, checked above"
        )]
        Some(Self(millionths as u32))
    }

    /// The shape.
    pub(crate) fn get(self) -> f64 {
        f64::from(self.0) / f64::from(Self::MILLIONTHS)
    }
}

impl Default for Burstiness {
    fn default() -> Self {
        Self::POISSON
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_accepted_within_their_bounds() {
        assert_eq!(Burstiness::new(0.25).map(Burstiness::get), Some(0.25));
        assert_eq!(Burstiness::new(1.0), Some(Burstiness::POISSON));
        assert_eq!(Burstiness::new(0.01), Some(Burstiness::MIN));
        assert_eq!(Burstiness::new(1000.0), Some(Burstiness::MAX));
        for bad in [0.0, 0.009, 1000.1, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Burstiness::new(bad), None, "{bad}");
        }
    }
}
