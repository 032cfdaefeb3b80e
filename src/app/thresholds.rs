//! Evaluates thresholds during the run.

use std::time::Duration;

use crate::metrics::{Sink, Summary, Threshold, ThresholdSummary};
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
    fn ends(&self, sink: &impl Fn(&Threshold) -> Option<Sink>, elapsed: Duration) -> bool {
        let outcome = || {
            self.threshold
                .judge(sink(&self.threshold).as_ref(), elapsed)
        };
        self.ends_after.is_some_and(|after| elapsed >= after)
            && outcome().is_some_and(|result| !result.ok)
    }
}

/// Whom the thresholds are about that do not hold and end the run; `sink` has the samples of one.
pub(super) fn crossed(
    watched: &[Watched],
    sink: impl Fn(&Threshold) -> Option<Sink>,
    elapsed: Duration,
) -> Vec<String> {
    let crossed = watched
        .iter()
        .filter(|watched| watched.ends(&sink, elapsed));
    crossed
        .map(|watched| watched.threshold.selector().to_string())
        .collect()
}

/// The metrics whose thresholds do not hold at the end, or ended the run.
pub(super) fn failed(summary: &Summary, crossed: &[String]) -> Vec<String> {
    let failed = summary
        .thresholds
        .iter()
        .filter(|threshold| threshold.ok == Some(false));
    let mut failed: Vec<String> = failed.map(ThresholdSummary::selector).collect();
    failed.extend(crossed.iter().cloned());
    failed.sort();
    failed.dedup();
    failed
}
