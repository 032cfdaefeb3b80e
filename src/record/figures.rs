//! Computes the summary of a record.

use super::Record;
use crate::metrics::{ClientAudit, ClientFacts, Stat, Summary};

impl Record {
    /// The summary of the run, as the run itself showed it.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::of(&self.series, self.totals.clone(), self.facts);
        summary.client = match &self.client {
            Some(client) => client.clone(),
            None => ClientAudit::audit(&summary.metrics, &ClientFacts::default()),
        };
        summary.thresholds.clone_from(&self.thresholds);
        summary.notes.clone_from(&self.notes);
        summary.rejected = self.rejected;
        let failures = self.failures.iter().map(|(_, failure)| failure.clone());
        summary.failures = failures.collect();
        if let Some(stats) = self.trend_stats() {
            summary.trend_stats = stats;
        }
        summary
    }

    /// The option `summary_trend_stats` of the run.
    fn trend_stats(&self) -> Option<Vec<Stat>> {
        let stats = self.runs.first()?.options.get("summary_trend_stats")?;
        let stats = stats.as_array()?.iter();
        stats.map(|stat| stat.as_str()?.parse().ok()).collect()
    }
}
