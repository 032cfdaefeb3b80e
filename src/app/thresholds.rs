//! Thresholds while the run goes on.

use std::time::Duration;

use crate::metrics::{Outcome, Threshold, Totals};
use crate::options::Options;

/// The thresholds of a run, each with what it may do.
pub(super) struct Watched {
    pub(super) thresholds: Vec<Threshold>,
    /// For those that may end the run: how much of it must have passed.
    abort_after: Vec<Option<Duration>>,
}

impl Watched {
    pub(super) fn new(options: &Options, thresholds: Vec<Threshold>) -> Self {
        let abort_after = options
            .thresholds
            .iter()
            .map(|t| t.abort_on_fail.then_some(t.delay_abort_eval))
            .collect();
        Self {
            thresholds,
            abort_after,
        }
    }

    /// The thresholds that do not hold and end the run.
    pub(super) fn crossed(&self, totals: &Totals, elapsed: Duration) -> Vec<String> {
        let ends_run = |after: &Option<Duration>| after.is_some_and(|after| elapsed >= after);
        self.thresholds
            .iter()
            .zip(&self.abort_after)
            .filter(|(threshold, after)| ends_run(after) && fails(threshold, totals, elapsed))
            .map(|(threshold, _)| threshold.selector().to_string())
            .collect()
    }
}

fn fails(threshold: &Threshold, totals: &Totals, elapsed: Duration) -> bool {
    matches!(threshold.evaluate(totals, elapsed), Outcome::Verdict(verdict) if !verdict.ok)
}
