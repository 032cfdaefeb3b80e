//! Evaluates thresholds during the run.

use std::time::Duration;

use crate::metrics::{Sink, Summary, Threshold, ThresholdSummary};
use crate::options::ThresholdOption;

/// A threshold, and when it may end the run.
pub(super) struct RunThreshold {
    pub(super) threshold: Threshold,
    /// The earliest time at which it may end the run; `None` if it never does.
    ends_after: Option<Duration>,
}

impl RunThreshold {
    /// The bound thresholds of a run, each with its option.
    pub(super) fn all(thresholds: Vec<Threshold>, options: &[ThresholdOption]) -> Vec<Self> {
        let thresholds = thresholds.into_iter().zip(options);
        thresholds
            .map(|(threshold, option)| Self {
                threshold,
                ends_after: option.abort_on_fail.then_some(option.delay_abort_eval),
            })
            .collect()
    }

    /// Whether it fails and ends the run.
    fn ends(&self, sink: &impl Fn(&Threshold) -> Option<Sink>, elapsed: Duration) -> bool {
        let outcome = || {
            self.threshold
                .judge(sink(&self.threshold).as_ref(), elapsed)
        };
        self.ends_after.is_some_and(|after| elapsed >= after)
            && outcome().is_some_and(|result| !result.ok)
    }
}

/// The metrics of thresholds that fail and end the run; `sink` returns the samples of one.
pub(super) fn crossed(
    thresholds: &[RunThreshold],
    sink: impl Fn(&Threshold) -> Option<Sink>,
    elapsed: Duration,
) -> Vec<String> {
    let crossed = thresholds
        .iter()
        .filter(|thresholds| thresholds.ends(&sink, elapsed));
    crossed
        .map(|thresholds| thresholds.threshold.selector().to_string())
        .collect()
}

/// The metrics whose thresholds failed at the end, or ended the run.
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
