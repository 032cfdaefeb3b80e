//! Confidence intervals of figures, and tests whether two runs differ.
//!
//! Latencies of one run are not independent: a slow second has slow neighbours. The intervals of formulas for independent
//! samples, such as order statistics or a plain bootstrap, then contain the true value far less often than they claim. The methods
//! here use only the figure of each section of a run, and their intervals are reliable:
//!
//! - [`sections`]: the interval of the figure of a run, and of the change between two runs, from sections of the runs
//! - [`repeated`]: the change between two groups of runs, from one figure of each run
//! - [`isotonic`]: a monotonic curve through noisy points

pub(crate) mod isotonic;
pub(crate) mod repeated;
pub(crate) mod sections;

/// The confidence level: an interval contains the true value in 95 of 100 runs.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// An estimate with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfidenceInterval {
    /// The estimate.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl ConfidenceInterval {
    /// Applies an increasing function to the estimate and both ends.
    #[must_use]
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self {
            value: f(self.value),
            low: f(self.low),
            high: f(self.high),
        }
    }

    /// Whether the interval lies entirely on one side of `value`.
    pub fn excludes(self, value: f64) -> bool {
        self.low > value || self.high < value
    }
}

/// The number of samples with which the percentile `percent` has an upper bound at [`CONFIDENCE`]: the smallest integer
/// `n ≥ ln(1 − c) / ln(p)`, so 59 for p95, 299 for p99 and 2,995 for p99.9. 1 for 0 and below; the maximum for 100.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the quotient of two negative logarithms is positive, and a cast from a float saturates"
)]
pub(crate) fn samples_for(percent: f64) -> u64 {
    if percent <= 0.0 {
        return 1;
    }
    if percent >= 100.0 {
        return u64::MAX;
    }
    ((1.0 - CONFIDENCE).ln() / (percent / 100.0).ln()).ceil() as u64
}

/// The slope of the least-squares line through points, with its interval. `None` for fewer than three points, or if all have
/// the same x.
pub(crate) fn slope(points: &[(f64, f64)]) -> Option<ConfidenceInterval> {
    let count = points.len() as f64;
    if points.len() < 3 {
        return None;
    }
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let together: f64 = points
        .iter()
        .map(|point| (point.0 - x) * (point.1 - y))
        .sum();
    let value = together / spread;
    let rest = points
        .iter()
        .map(|point| (point.1 - y - value * (point.0 - x)).powi(2));
    let error = (rest.sum::<f64>() / (count - 2.0) / spread).sqrt();
    let half = student(count - 2.0)? * error;
    value.is_finite().then_some(ConfidenceInterval {
        value,
        low: value - half,
        high: value + half,
    })
}

/// The quantile of Student's t distribution that leaves half of `1 − CONFIDENCE` above it: `t = √(ν(1/x − 1))` where the
/// regularised incomplete beta function `I_x(ν/2, 1/2)` is `1 − CONFIDENCE` (Abramowitz and Stegun 26.7.1). The `degrees`
/// of freedom may be fractional, as Welch's are.
fn student(degrees: f64) -> Option<f64> {
    if !(degrees.is_finite() && degrees > 0.0) {
        return None;
    }
    let x = puruspe::invbetai(1.0 - CONFIDENCE, degrees / 2.0, 0.5);
    Some((degrees * (1.0 / x - 1.0)).sqrt()).filter(|t| t.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_needs_the_samples_of_the_tables() {
        assert_eq!(samples_for(50.0), 5);
        assert_eq!(samples_for(90.0), 29);
        assert_eq!(samples_for(95.0), 59);
        assert_eq!(samples_for(99.0), 299);
        assert_eq!(samples_for(99.9), 2995);
        assert_eq!(samples_for(0.0), 1);
        assert_eq!(samples_for(100.0), u64::MAX);
    }

    #[test]
    fn a_slope_is_that_of_the_line() {
        let line: Vec<(f64, f64)> = [0.0, 1.0, 2.0, 3.0].map(|x| (x, 2.0 * x + 1.0)).into();
        let found = slope(&line).unwrap();
        assert!((found.value - 2.0).abs() < 1e-12 && found.high - found.low < 1e-9);
        // Residuals of ±1 around 0: s = √(4 / 2), Σ(x − x̄)² = 5, t₂ = 4.303.
        let noisy = slope(&[(0.0, 1.0), (1.0, -1.0), (2.0, -1.0), (3.0, 1.0)]).unwrap();
        assert!(noisy.value.abs() < 1e-12);
        assert!((noisy.high - 4.303 * (2.0_f64 / 5.0).sqrt()).abs() < 1e-3);
        assert_eq!(slope(&line[..2]), None);
        assert_eq!(slope(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
    }

    #[test]
    fn student_is_that_of_the_tables() {
        for (degrees, quantile) in [(1.0, 12.706), (4.0, 2.776), (9.0, 2.262), (100.0, 1.984)] {
            assert!((student(degrees).unwrap() - quantile).abs() < 1e-3);
        }
        assert_eq!(student(0.0), None);
    }
}
