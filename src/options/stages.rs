//! Stages: `{ duration = "30s", target = 10 }`, or as text, `"30s:10"`.

use std::time::Duration;

use serde_json::Value;

use super::field::Field;
use super::keys::Takes;
use super::problem::{OptionProblem, ProblemKind};
use crate::load::RampStage;
use crate::units::{MAX_DURATION, format_duration, parse_duration};

const EXAMPLE: &str = r#"use a list of stages such as { { duration = "30s", target = 10 } }"#;

/// The parts of `30s:10`, which moves to 10 in 30 seconds.
fn split(text: &str) -> Result<(Duration, &str), String> {
    let (duration, target) = text.split_once(':').ok_or_else(|| {
        format!("{text:?} is not a stage: write DURATION:TARGET, as in \"30s:10\"")
    })?;
    let duration = parse_duration(duration.trim()).map_err(|error| error.to_string())?;
    Ok((duration, target.trim()))
}

/// Reads a list of stages, each target with `target`, and checks their total duration.
pub(super) fn read<T>(
    list: &Field<'_>,
    target: impl Fn(&Field<'_>) -> Result<T, OptionProblem>,
) -> Option<Vec<RampStage<T>>> {
    let items = list.check(list.list(EXAMPLE))?;
    if items.is_empty() {
        list.complain(list.wrong(ProblemKind::OutOfRange, EXAMPLE));
        return None;
    }
    // All stages are read, so that all mistakes are reported.
    let stages: Vec<_> = items.iter().map(|field| stage(field, &target)).collect();
    let stages: Vec<_> = stages.into_iter().collect::<Option<_>>()?;
    let total = RampStage::total(&stages);
    if total.is_zero() || total > MAX_DURATION {
        let total = format_duration(total);
        let text =
            format!("the stages last {total} in total: use more than 0s and at most 100 years");
        list.complain(list.fault(text));
        return None;
    }
    Some(stages)
}

fn stage<T>(
    field: &Field<'_>,
    read_target: impl Fn(&Field<'_>) -> Result<T, OptionProblem>,
) -> Option<RampStage<T>> {
    if let Value::String(text) = field.value {
        let (duration, target) = field.check(split(text).map_err(|error| field.fault(error)))?;
        let value = Takes::Number.read(target);
        let target = field.check(read_target(&field.part(&value)))?;
        return Some(RampStage { duration, target });
    }
    let table =
        field.check(field.table(r#"use a stage such as { duration = "30s", target = 10 }"#))?;
    table.refuse_unknown(&["duration", "target"], |_| None);
    let hint = r#"a stage needs both, as in { duration = "30s", target = 10 }"#;
    let duration = table.require("duration", hint, Field::duration);
    let target = table.require("target", hint, read_target);
    Some(RampStage {
        duration: duration?,
        target: target?,
    })
}
