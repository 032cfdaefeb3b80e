//! Reads thresholds.

use std::time::Duration;

use serde_json::Value;

use super::field::Field;
use super::problem::{OptionProblem, OptionsError, ProblemKind};
use super::{OptionOrigin, Options};
use crate::metrics::{Expression, Registry, Selector, Threshold};

/// A threshold in the options.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ThresholdOption {
    /// The metric or sub-metric that it judges.
    pub selector: Selector,
    /// The condition.
    pub expression: Expression,
    /// Whether the run ends as soon as it fails.
    pub abort_on_fail: bool,
    /// The earliest time, since the start of the run, at which it can end the run.
    pub delay_abort_eval: Duration,
    /// Its full name, for messages.
    pub name: String,
    /// Where it was set.
    pub origin: OptionOrigin,
}

impl Options {
    /// The metrics and sub-metrics of all thresholds. The registry must know them before the first sample.
    pub(crate) fn selectors(&self) -> Vec<Selector> {
        let mut selectors: Vec<Selector> = Vec::new();
        for threshold in &self.thresholds {
            if !selectors.contains(&threshold.selector) {
                selectors.push(threshold.selector.clone());
            }
        }
        selectors
    }

    /// Binds the thresholds to their metrics, in the order of [`Options::thresholds`]. Call it after the script has registered
    /// its metrics and before the load. With [`Options::no_thresholds`] the result is empty.
    ///
    /// # Errors
    /// Every threshold whose metric is unknown or does not have its figure.
    pub(crate) fn bind_thresholds(
        &self,
        registry: &Registry,
    ) -> Result<Vec<Threshold>, OptionsError> {
        if self.no_thresholds {
            return Ok(Vec::new());
        }
        let mut problems = Vec::new();
        let bound = self.thresholds.iter().filter_map(|option| {
            let threshold =
                Threshold::bind(registry, option.selector.clone(), option.expression.clone());
            threshold
                .map_err(|error| problems.push(fault(option, &error)))
                .ok()
        });
        let bound = bound.collect();
        OptionsError::of(problems).map_or(Ok(bound), Err)
    }
}

fn fault(option: &ThresholdOption, error: &dyn std::error::Error) -> OptionProblem {
    let message = format!("`{}` ({}): {error}", option.name, option.origin);
    OptionProblem::new(
        ProblemKind::InvalidValue,
        &option.name,
        &option.origin,
        message,
    )
}

const EXAMPLE: &str = r#"use a threshold such as "p(95) < 200ms", or a list of them"#;

/// Reads the table of thresholds, sorted by metric.
pub(super) fn read(field: &Field<'_>) -> Option<Vec<ThresholdOption>> {
    let advice = r#"use a table such as { http_req_failed = "rate < 0.01" }"#;
    let table = field.check(field.table(advice))?;
    let mut entries: Vec<_> = table.items().collect();
    // A Lua table has no order.
    entries.sort_unstable_by_key(|(name, _)| *name);
    let mut thresholds = Vec::new();
    for (name, field) in entries {
        let selector = field.check(Selector::parse(name).map_err(|error| field.fault(error)));
        let (Some(selector), Some(expressions)) = (selector, expressions(&field)) else {
            continue;
        };
        for expression in &expressions {
            thresholds.extend(threshold(expression, &selector));
        }
    }
    Some(thresholds)
}

/// The expressions: a list, or a single one.
fn expressions<'a>(field: &Field<'a>) -> Option<Vec<Field<'a>>> {
    let expressions = match field.value {
        Value::String(_) => return Some(vec![field.clone()]),
        Value::Object(table) if !table.is_empty() => return Some(vec![field.clone()]),
        _ => field.check(field.list(EXAMPLE))?,
    };
    if expressions.is_empty() {
        field.complain(field.wrong(ProblemKind::OutOfRange, EXAMPLE));
    }
    Some(expressions)
}

fn threshold(field: &Field<'_>, selector: &Selector) -> Option<ThresholdOption> {
    let option = |expression, abort_on_fail, delay_abort_eval| ThresholdOption {
        selector: selector.clone(),
        expression,
        abort_on_fail,
        delay_abort_eval,
        name: field.name.clone(),
        origin: field.origin.clone(),
    };
    if field.value.is_string() {
        let expression = field.check(expression(field))?;
        return Some(option(expression, false, Duration::ZERO));
    }
    let table = field.check(field.table(EXAMPLE))?;
    table.refuse_unknown(&["threshold", "abort_on_fail", "delay_abort_eval"], |_| {
        None
    });
    let expression = table.require("threshold", EXAMPLE, expression);
    let abort_on_fail = table.read("abort_on_fail", Field::flag).unwrap_or(false);
    let delay = table
        .read("delay_abort_eval", Field::duration)
        .unwrap_or_default();
    Some(option(expression?, abort_on_fail, delay))
}

fn expression(field: &Field<'_>) -> Result<Expression, OptionProblem> {
    field.text()?.parse().map_err(|error| field.fault(error))
}
