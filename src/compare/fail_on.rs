//! `--fail-on`: a change that fails a comparison.

use std::fmt;
use std::str::FromStr;

use super::{ComparedFigure, FigureChange, row};
use crate::metrics::{MetricKind, Selector, SeriesInfo, Stat};
use crate::record::Record;

/// A change that fails a comparison: `p(99) llm_ttft > 5%`, `rate http_reqs < -3%`.
///
/// ```text
/// figure metric[{tag:value}] > percent%      it increased by more
/// figure metric[{tag:value}] < -percent%     it decreased by more
/// ```
///
/// For shares such as `http_req_failed`, the percentage is the difference in points: from 1 % to 3 % is 2 %.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FailOn {
    source: String,
    stat: Stat,
    selector: Selector,
    grows: bool,
    /// The limit of the change as a share: 0.05 is 5 % more.
    limit: f64,
}

/// The reason why a text is not a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum FailOnError {
    /// The syntax is wrong.
    #[error(
        "`{0}`: {1}; write a figure, a metric and a change, as in 'p(99) http_req_duration > 5%'"
    )]
    Form(String, String),
    /// A side does not have the metric.
    #[error("`{0}`: the runs have no metric `{1}` in common")]
    NoMetric(String, String),
    /// Metrics of this kind do not have the figure.
    #[error("`{0}`: `{1}` is a {2}; use {names}", names = Stat::names(*.2))]
    Stat(String, String, MetricKind),
}

/// The result of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailOnResult {
    /// The change is within the limit.
    Holds,
    /// The change is beyond the limit, but chance could explain it.
    Warns,
    /// The whole interval of the change is beyond the limit.
    Fails,
    /// There is not enough data.
    Unknown,
}

impl FromStr for FailOn {
    type Err = FailOnError;

    fn from_str(text: &str) -> Result<Self, FailOnError> {
        let wrong = |why: &str| FailOnError::Form(text.trim().to_owned(), why.to_owned());
        let source = text.trim();
        let at = source
            .rfind(['<', '>'])
            .ok_or_else(|| wrong("it has no `>` or `<`"))?;
        let grows = source[at..].starts_with('>');
        let change = source[at + 1..].trim().trim_start_matches('=').trim();
        let percent = change
            .strip_suffix('%')
            .ok_or_else(|| wrong("the change is not a percentage"))?;
        let percent: f64 = percent
            .trim()
            .parse()
            .ok()
            .filter(|percent: &f64| percent.is_finite())
            .ok_or_else(|| wrong("the change is not a percentage"))?;
        if grows != (percent >= 0.0) && percent != 0.0 {
            return Err(wrong(if grows {
                "the limit after `>` must not be negative"
            } else {
                "the limit after `<` must be negative, as in `< -3%`"
            }));
        }
        let figure = source[..at].trim();
        let (stat, metric) = figure
            .split_once(char::is_whitespace)
            .ok_or_else(|| wrong("a figure or a metric is missing"))?;
        let stat = stat
            .parse()
            .map_err(|error: crate::metrics::StatError| wrong(&error.to_string()))?;
        let selector = Selector::parse(metric.trim()).map_err(|error| wrong(&error.to_string()))?;
        Ok(Self {
            source: source.to_owned(),
            stat,
            selector,
            grows,
            limit: percent / 100.0,
        })
    }
}

impl fmt::Display for FailOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl FailOn {
    /// Evaluates the condition, and returns the compared row with the result.
    ///
    /// # Errors
    /// A metric that a side does not have; a figure that metrics of its kind do not have.
    pub(crate) fn judge(
        &self,
        base: &[Record],
        new: &[Record],
    ) -> Result<(FailOnResult, ComparedFigure), FailOnError> {
        let missing = || FailOnError::NoMetric(self.source.clone(), self.selector.to_string());
        let first = base.first().ok_or_else(missing)?;
        let is_it = |info: &&SeriesInfo| info.selector() == self.selector.to_string();
        let info = first.series.iter().find(is_it).ok_or_else(missing)?;
        if !self.stat.applies_to(info.kind) {
            let (source, metric) = (self.source.clone(), self.selector.to_string());
            return Err(FailOnError::Stat(source, metric, info.kind));
        }
        let row = row(base, new, info, self.stat).ok_or_else(missing)?;
        let interval = match row.change {
            FigureChange::Ratio(ratio) => ratio.map(|ratio| ratio - 1.0),
            FigureChange::Difference(difference) => difference,
            FigureChange::Unknown => return Ok((FailOnResult::Unknown, row)),
        };
        let beyond = |change: f64| {
            if self.grows {
                change > self.limit
            } else {
                change < self.limit
            }
        };
        let nearest = if self.grows {
            interval.low
        } else {
            interval.high
        };
        let judgement = match (beyond(interval.value), beyond(nearest)) {
            (_, true) => FailOnResult::Fails,
            (true, false) => FailOnResult::Warns,
            (false, false) => FailOnResult::Holds,
        };
        Ok((judgement, row))
    }
}
