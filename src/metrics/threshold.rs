use std::time::Duration;

use super::{
    Expression, MetricError, MetricKind, Registry, Selector, SeriesRef, Sink, Stat, ThresholdLimit,
    Totals, Unit,
};

/// A threshold on a figure of a metric.
#[derive(Debug, Clone)]
pub struct Threshold {
    selector: Selector,
    expression: Expression,
    target: SeriesRef,
    limit: f64,
}

/// The reason why a threshold does not apply to a metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ThresholdError {
    /// The metric does not exist.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// Metrics of this kind do not have the figure.
    #[error("`{expression}`: `{metric}` is a {kind} and has no {stat}; use {}", Stat::names(*kind))]
    Stat {
        /// The threshold.
        expression: String,
        /// The metric.
        metric: String,
        /// Its kind.
        kind: MetricKind,
        /// The requested figure.
        stat: String,
    },
    /// A time is compared with a number without a unit.
    #[error(
        "`{expression}`: `{metric}` is measured in time and the number has no unit; write `{start}{number}ms` for \
         milliseconds or `{start}{number}s` for seconds"
    )]
    NoUnit {
        /// The threshold.
        expression: String,
        /// The metric.
        metric: String,
        /// The figure and the operator.
        start: String,
        /// The number.
        number: String,
    },
    /// The unit of the number does not fit the figure.
    #[error("`{expression}`: {stat} of `{metric}` is {what}; compare it with {example}")]
    WrongUnit {
        /// The threshold.
        expression: String,
        /// The metric.
        metric: String,
        /// The figure.
        stat: String,
        /// The kind of value of the figure.
        what: &'static str,
        /// An example of a limit.
        example: &'static str,
    },
}

/// The result of a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThresholdResult {
    /// The figure: in seconds for times, in bytes for data, from 0 to 1 for a rate.
    pub value: f64,
    /// Whether the threshold holds.
    pub ok: bool,
}

/// The kind of value of a figure, which determines the limits it can be compared with.
#[derive(Clone, Copy)]
enum Measure {
    Number,
    Time,
    Data,
    Share,
}

impl Threshold {
    /// Binds an expression to the metric or declared sub-metric that the selector names.
    pub fn bind(
        registry: &Registry,
        selector: Selector,
        expression: Expression,
    ) -> Result<Self, ThresholdError> {
        let target = registry.target(&selector)?;
        Self::on(selector, expression, target)
    }

    /// Binds an expression to a series.
    pub(super) fn on(
        selector: Selector,
        expression: Expression,
        target: SeriesRef,
    ) -> Result<Self, ThresholdError> {
        if !expression.stat.applies_to(target.kind) {
            return Err(ThresholdError::Stat {
                metric: selector.to_string(),
                kind: target.kind,
                stat: expression.stat.to_string(),
                expression: expression.source,
            });
        }
        let limit = limit(&selector, &expression, target)?;
        Ok(Self {
            selector,
            expression,
            target,
            limit,
        })
    }

    /// The metric or sub-metric.
    pub fn selector(&self) -> &Selector {
        &self.selector
    }

    /// The condition.
    pub fn expression(&self) -> &Expression {
        &self.expression
    }

    /// The series that it is evaluated on.
    pub fn target(&self) -> SeriesRef {
        self.target
    }

    /// Evaluates the threshold on the samples so far; `elapsed` is the duration of the run, for figures per second.
    pub fn evaluate(&self, totals: &Totals, elapsed: Duration) -> Option<ThresholdResult> {
        self.judge(totals.sink(self.target.sink), elapsed)
    }

    /// Evaluates the threshold on a sink.
    pub fn judge(&self, sink: Option<&Sink>, elapsed: Duration) -> Option<ThresholdResult> {
        let value = self.value(sink, elapsed.as_secs_f64())?;
        let ok = self.expression.operator.holds(value, self.limit);
        Some(ThresholdResult { value, ok })
    }

    fn value(&self, sink: Option<&Sink>, elapsed: f64) -> Option<f64> {
        let stat = self.expression.stat;
        match sink {
            Some(sink) => sink.stat(stat, elapsed),
            // A counter without samples is 0.
            None if self.target.kind == MetricKind::Counter => {
                Sink::new(MetricKind::Counter, self.target.unit).stat(stat, elapsed)
            }
            None => None,
        }
    }
}

/// The limit in the unit of the samples.
fn limit(
    selector: &Selector,
    expression: &Expression,
    target: SeriesRef,
) -> Result<f64, ThresholdError> {
    let measure = measure(expression.stat, target);
    match (measure, expression.limit) {
        // Zero needs no unit.
        (Measure::Time, ThresholdLimit::Bare(0.0)) => Ok(0.0),
        (Measure::Time, ThresholdLimit::Bare(number)) => Err(ThresholdError::NoUnit {
            expression: expression.source.clone(),
            metric: selector.to_string(),
            start: format!("{}{}", expression.stat, expression.operator),
            number: number.to_string(),
        }),
        (Measure::Time, ThresholdLimit::Time(number))
        | (Measure::Data, ThresholdLimit::Data(number) | ThresholdLimit::Bare(number))
        | (Measure::Share, ThresholdLimit::Share(number) | ThresholdLimit::Bare(number))
        | (Measure::Number, ThresholdLimit::Bare(number)) => Ok(number),
        _ => {
            let (what, example) = match measure {
                Measure::Number => ("a plain number", "a number without a unit, such as 200"),
                Measure::Time => ("a time", "a time, such as 200ms or 1.5s"),
                Measure::Data => (
                    "an amount of data",
                    "a number of bytes, such as 64kB or 10MB",
                ),
                Measure::Share => (
                    "a share",
                    "a number from 0 to 1, or a percentage such as 5%",
                ),
            };
            Err(ThresholdError::WrongUnit {
                expression: expression.source.clone(),
                metric: selector.to_string(),
                stat: expression.stat.to_string(),
                what,
                example,
            })
        }
    }
}

fn measure(stat: Stat, target: SeriesRef) -> Measure {
    match (target.kind, target.unit) {
        (MetricKind::Rate, _) => Measure::Share,
        // A number of samples has no unit.
        (MetricKind::Trend, _) if stat == Stat::Count => Measure::Number,
        (_, Unit::Plain) => Measure::Number,
        (_, Unit::Time) => Measure::Time,
        (_, Unit::Data) => Measure::Data,
    }
}

#[cfg(test)]
mod tests;
