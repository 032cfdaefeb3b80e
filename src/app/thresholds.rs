//! Thresholds while the run goes on.

use std::time::Duration;

use crate::metrics::{Outcome, Threshold, Totals};
use crate::options::ThresholdOption;

/// A threshold of a run, and what it may do.
pub(super) struct Watched {
    pub(super) threshold: Threshold,
    /// How much of the run must have passed before it may end it; `None` if it may not.
    ends_after: Option<Duration>,
}

impl Watched {
    /// The thresholds of a run, each with its option. Without thresholds that are bound, there are none.
    pub(super) fn all(thresholds: Vec<Threshold>, options: &[ThresholdOption]) -> Vec<Self> {
        let watched = thresholds.into_iter().zip(options);
        watched
            .map(|(threshold, option)| Self {
                threshold,
                ends_after: option.abort_on_fail.then_some(option.delay_abort_eval),
            })
            .collect()
    }

    /// Whether it does not hold and ends the run.
    fn ends(&self, totals: &Totals, elapsed: Duration) -> bool {
        let outcome = || self.threshold.evaluate(totals, elapsed);
        self.ends_after.is_some_and(|after| elapsed >= after)
            && matches!(outcome(), Outcome::Verdict(verdict) if !verdict.ok)
    }
}

/// Whom the thresholds are about that do not hold and end the run.
pub(super) fn crossed(watched: &[Watched], totals: &Totals, elapsed: Duration) -> Vec<String> {
    let crossed = watched
        .iter()
        .filter(|watched| watched.ends(totals, elapsed));
    crossed
        .map(|watched| watched.threshold.selector().to_string())
        .collect()
}
