//! The definition of a percentile, for samples and histograms.

/// The samples that a percentile is drawn from, summed up but for the samples in between.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extremes {
    pub(super) count: u64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Extremes {
    /// The percentile `percent`, from 0 to 100: the value at rank `percent/100 · (count − 1)`, interpolated linearly
    /// between the two samples next to it, as k6 computes it. 0 without any sample. `at` gives the samples of two
    /// ranks, neither of which need be exact at the extremes.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the rank is from 0 to the count"
    )]
    pub(super) fn percentile(self, percent: f64, at: impl FnOnce(u64, u64) -> (f64, f64)) -> f64 {
        let Some(last) = self.count.checked_sub(1) else {
            return 0.0;
        };
        // The extremes are known exactly, whatever a histogram says.
        if percent >= 100.0 {
            return self.max;
        }
        let rank = (percent / 100.0).max(0.0) * last as f64;
        let (below, part) = ((rank.floor() as u64).min(last), rank.fract());
        let above = if part > 0.0 {
            (below + 1).min(last)
        } else {
            below
        };
        let (low, high) = at(below, above);
        let exact = |rank, value| match rank {
            0 => self.min,
            rank if rank == last => self.max,
            _ => value,
        };
        let (low, high) = (exact(below, low), exact(above, high));
        let value = low + (high - low) * part;
        // A difference of two huge samples is not a finite number.
        let value = if value.is_finite() {
            value
        } else {
            low * (1.0 - part) + high * part
        };
        value.clamp(self.min, self.max)
    }
}
