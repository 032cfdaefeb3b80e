//! The line about the probe requests beside a load.

use crate::report::number::seconds;

/// What a bystander saw beside a load: its time to the first token, in seconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bystander {
    /// Its requests.
    pub requests: u64,
    /// Those that failed.
    pub failed: u64,
    /// The median.
    pub median: f64,
    /// Percentiles, each with its value.
    pub percentiles: Vec<(f64, f64)>,
    /// The longest.
    pub max: f64,
}

impl Bystander {
    /// The same in a line.
    pub(super) fn words(&self) -> String {
        let mut figures = vec![format!("TTFT p50 {}", seconds(self.median))];
        let percentiles = self.percentiles.iter();
        figures.extend(percentiles.map(|(p, time)| format!("p{p} {}", seconds(*time))));
        figures.push(format!("max {}", seconds(self.max)));
        let requests = match (self.requests, self.failed) {
            (all, 0) => format!("{all} requests"),
            (all, failed) => format!("{all} requests, {failed} failed"),
        };
        format!("{requests}: {}", figures.join(", "))
    }
}
