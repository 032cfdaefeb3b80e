//! The line about the probe requests beside a load.

use crate::report::number::seconds;
use crate::units::counted;

/// The figures of the probe requests beside a load: their time to first token in seconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProbeFigures {
    /// The number of requests.
    pub requests: u64,
    /// The number of failed requests.
    pub failed: u64,
    /// The median.
    pub median: f64,
    /// Percentiles, each with its value.
    pub percentiles: Vec<(f64, f64)>,
    /// The maximum.
    pub max: f64,
}

impl ProbeFigures {
    /// The figures in one line.
    pub(super) fn words(&self) -> String {
        let mut figures = vec![format!("TTFT p50 {}", seconds(self.median))];
        let percentiles = self.percentiles.iter();
        figures.extend(percentiles.map(|(p, time)| format!("p{p} {}", seconds(*time))));
        figures.push(format!("max {}", seconds(self.max)));
        let requests = match (self.requests, self.failed) {
            (all, 0) => counted(all, "request"),
            (all, failed) => format!("{}, {failed} failed", counted(all, "request")),
        };
        format!("{requests}: {}", figures.join(", "))
    }
}
