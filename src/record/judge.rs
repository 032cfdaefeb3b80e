//! Evaluates thresholds on a record.

use super::Record;
use crate::metrics::{Expression, Selector, Tags, ThresholdError, ThresholdSummary};

/// A threshold to evaluate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ThresholdSpec {
    /// The metric or sub-metric.
    pub selector: Selector,
    /// The condition.
    pub expression: Expression,
}

/// The reason why a threshold cannot be evaluated on a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum JudgeError {
    /// The run had no such metric.
    #[error("`{selector}`: the run has no metric `{metric}`")]
    NoMetric {
        /// The selector of the threshold.
        selector: String,
        /// The metric.
        metric: String,
    },
    /// The run did not keep this sub-metric.
    #[error(
        "`{selector}`: the run did not keep this sub-metric; a run keeps the sub-metrics that its own thresholds name"
    )]
    NoPart {
        /// The selector of the threshold.
        selector: String,
    },
    /// The threshold does not apply to the metric.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
}

impl Record {
    /// Evaluates thresholds on the totals.
    ///
    /// # Errors
    /// The run does not have the metric, the sub-metric or the figure.
    pub(crate) fn judge(
        &self,
        specs: &[ThresholdSpec],
    ) -> Result<Vec<ThresholdSummary>, JudgeError> {
        specs.iter().map(|spec| self.judge_one(spec)).collect()
    }

    fn judge_one(&self, spec: &ThresholdSpec) -> Result<ThresholdSummary, JudgeError> {
        let selector = &spec.selector;
        let metric = selector.metric().unwrap_or_default();
        let whole = self.find(metric, &Tags::new());
        let Some(whole) = whole else {
            return Err(JudgeError::NoMetric {
                selector: selector.to_string(),
                metric: metric.to_owned(),
            });
        };
        let at = self.find(metric, &selector.tags());
        let at = at.ok_or_else(|| JudgeError::NoPart {
            selector: selector.to_string(),
        })?;
        let info = &self.series[whole];
        let sink = self.totals.get(at).and_then(Option::as_ref);
        let elapsed = self.facts.duration;
        Ok(ThresholdSummary::judge(
            selector,
            &spec.expression,
            (info.kind, info.unit),
            sink,
            elapsed,
        )?)
    }

    /// The thresholds of the run itself.
    pub(crate) fn threshold_specs(&self) -> Vec<ThresholdSpec> {
        let spec = |threshold: &ThresholdSummary| {
            let (metric, tags) = (threshold.metric.clone(), threshold.tags.clone());
            Some(ThresholdSpec {
                selector: Selector::Filter { metric, tags },
                expression: threshold.source.parse().ok()?,
            })
        };
        self.thresholds.iter().filter_map(spec).collect()
    }
}
