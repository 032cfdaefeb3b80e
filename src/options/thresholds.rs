//! Reads thresholds.

use std::time::Duration;

use serde_json::Value;

use super::item::Item;
use super::problem::{OptionsError, Problem, ProblemKind};
use super::{Options, Origin};
use crate::metrics::{Expression, Registry, Selector, Threshold};

/// One threshold as the options have it.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdOption {
    /// The metric, or the part of one, it is about.
    pub selector: Selector,
    /// What must hold.
    pub expression: Expression,
    /// Whether the run ends as soon as it does not hold.
    pub abort_on_fail: bool,
    /// How much of the run must have passed before it can end it.
    pub delay_abort_eval: Duration,
    /// Its full name among the options, for messages.
    pub name: String,
    /// Where it was set.
    pub origin: Origin,
}

impl Options {
    /// The metrics, and parts of metrics, that thresholds name; a registry has to know them before the first sample.
    pub fn selectors(&self) -> Vec<Selector> {
        let mut selectors: Vec<Selector> = Vec::new();
        for threshold in &self.thresholds {
            if !selectors.contains(&threshold.selector) {
                selectors.push(threshold.selector.clone());
            }
        }
        selectors
    }

    /// Puts the thresholds on the metrics they name, in the order of [`Options::thresholds`]. To be done when a script
    /// has registered its metrics, and before the load. With [`Options::no_thresholds`] there are none.
    ///
    /// # Errors
    /// Every threshold whose metric is unknown, or does not have the figure asked for.
    pub fn bind_thresholds(&self, registry: &Registry) -> Result<Vec<Threshold>, OptionsError> {
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

fn fault(option: &ThresholdOption, error: &dyn std::error::Error) -> Problem {
    let message = format!("`{}` ({}): {error}", option.name, option.origin);
    let origin = Some(option.origin.clone());
    Problem::new(ProblemKind::InvalidValue, &option.name, origin, message)
}

const EXAMPLE: &str = r#"use a threshold such as "p(95) < 200ms", or a list of them"#;

/// Reads the table of thresholds, sorted by the metric they name.
pub(super) fn read(item: &Item<'_>) -> Option<Vec<ThresholdOption>> {
    let advice = r#"use a table such as { http_req_failed = "rate < 0.01" }"#;
    let table = item.check(item.table(advice))?;
    let mut entries: Vec<_> = table.items().collect();
    // A Lua table has no order of its own.
    entries.sort_unstable_by_key(|(name, _)| *name);
    let mut thresholds = Vec::new();
    for (name, item) in entries {
        let selector = item.check(Selector::parse(name).map_err(|error| item.fault(error)));
        let (Some(selector), Some(expressions)) = (selector, expressions(&item)) else {
            continue;
        };
        for expression in &expressions {
            thresholds.extend(threshold(expression, &selector));
        }
    }
    Some(thresholds)
}

/// One expression stands for a list of one.
fn expressions<'a>(item: &Item<'a>) -> Option<Vec<Item<'a>>> {
    let expressions = match item.value {
        Value::String(_) => return Some(vec![item.clone()]),
        Value::Object(table) if !table.is_empty() => return Some(vec![item.clone()]),
        _ => item.check(item.list(EXAMPLE))?,
    };
    if expressions.is_empty() {
        item.complain(item.wrong(ProblemKind::OutOfRange, EXAMPLE));
    }
    Some(expressions)
}

fn threshold(item: &Item<'_>, selector: &Selector) -> Option<ThresholdOption> {
    let option = |expression, abort_on_fail, delay_abort_eval| ThresholdOption {
        selector: selector.clone(),
        expression,
        abort_on_fail,
        delay_abort_eval,
        name: item.name.clone(),
        origin: item.origin.clone(),
    };
    if item.value.is_string() {
        let expression = item.check(expression(item))?;
        return Some(option(expression, false, Duration::ZERO));
    }
    let table = item.check(item.table(EXAMPLE))?;
    table.refuse_unknown(&["threshold", "abort_on_fail", "delay_abort_eval"], |_| {
        None
    });
    let expression = table.require("threshold", EXAMPLE, expression);
    let abort_on_fail = table.read("abort_on_fail", Item::flag).unwrap_or(false);
    let delay = table
        .read("delay_abort_eval", Item::duration)
        .unwrap_or_default();
    Some(option(expression?, abort_on_fail, delay))
}

fn expression(item: &Item<'_>) -> Result<Expression, Problem> {
    item.text()?.parse().map_err(|error| item.fault(error))
}
