//! Stages: `{ duration = "30s", target = 10 }`, or the same as text, `"30s:10"`.

use std::time::Duration;

use serde_json::Value;

use super::item::Item;
use super::keys::Takes;
use super::problem::{Problem, ProblemKind};
use super::scenario::MAX_VUS;
use crate::load::Stage;
use crate::units::{MAX_DURATION, format_duration, parse_duration};

const EXAMPLE: &str = r#"use a list of stages such as { { duration = "30s", target = 10 } }"#;

/// Reads one stage of VUs as a flag has it: `30s:10` moves to 10 VUs in 30 seconds.
///
/// # Errors
/// What is wrong with `text`, in a sentence that quotes it and says what to write.
pub fn parse_stage(text: &str) -> Result<Stage<u64>, String> {
    let (duration, target) = split(text)?;
    let target = target.parse().ok().filter(|target| *target <= MAX_VUS);
    let target = target.ok_or_else(|| {
        format!("{text:?} has no number of VUs: write one from 0 to {MAX_VUS}, as in \"30s:10\"")
    })?;
    Ok(Stage { duration, target })
}

fn split(text: &str) -> Result<(Duration, &str), String> {
    let (duration, target) = text.split_once(':').ok_or_else(|| {
        format!("{text:?} is not a stage: write DURATION:TARGET, as in \"30s:10\"")
    })?;
    let duration = parse_duration(duration.trim()).map_err(|error| error.to_string())?;
    Ok((duration, target.trim()))
}

/// Reads a list of stages, each target with `target`. Together they last longer than nothing, and not too long.
pub(super) fn read<T>(
    list: &Item<'_>,
    target: impl Fn(&Item<'_>) -> Result<T, Problem>,
) -> Option<Vec<Stage<T>>> {
    let items = list.check(list.list(EXAMPLE))?;
    if items.is_empty() {
        list.complain(list.wrong(ProblemKind::OutOfRange, EXAMPLE));
        return None;
    }
    // Every stage is looked at, so that every mistake is told.
    let stages: Vec<_> = items.iter().map(|item| stage(item, &target)).collect();
    let stages: Vec<_> = stages.into_iter().collect::<Option<_>>()?;
    let total = stages.iter().fold(Duration::ZERO, |sum, stage| {
        sum.saturating_add(stage.duration)
    });
    if total.is_zero() || total > MAX_DURATION {
        let total = format_duration(total);
        let text = format!(
            "the stages last {total} in all: let them last more than 0s and at most 100 years"
        );
        list.complain(list.fault(text));
        return None;
    }
    Some(stages)
}

fn stage<T>(
    item: &Item<'_>,
    read_target: impl Fn(&Item<'_>) -> Result<T, Problem>,
) -> Option<Stage<T>> {
    if let Value::String(text) = item.value {
        let (duration, target) = item.check(split(text).map_err(|error| item.fault(error)))?;
        let value = Takes::Number.read(target);
        let target = item.check(read_target(&item.part(&value)))?;
        return Some(Stage { duration, target });
    }
    let table =
        item.check(item.table(r#"use a stage such as { duration = "30s", target = 10 }"#))?;
    table.refuse_unknown(&["duration", "target"], |_| None);
    let hint = r#"a stage needs both, as in { duration = "30s", target = 10 }"#;
    let duration = table.require("duration", hint, Item::duration);
    let target = table.require("target", hint, read_target);
    Some(Stage {
        duration: duration?,
        target: target?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_stages_of_flags() {
        let stage = |secs, target| {
            Ok(Stage {
                duration: Duration::from_secs(secs),
                target,
            })
        };
        assert_eq!(parse_stage("30s:10"), stage(30, 10));
        assert_eq!(parse_stage("1m30s : 0"), stage(90, 0));
        assert_eq!(parse_stage("0:5"), stage(0, 5));
    }

    #[test]
    fn says_what_is_wrong_with_a_stage() {
        for (text, message) in [
            (
                "",
                r#""" is not a stage: write DURATION:TARGET, as in "30s:10""#,
            ),
            (
                "30s",
                r#""30s" is not a stage: write DURATION:TARGET, as in "30s:10""#,
            ),
            (
                "30s:x",
                r#""30s:x" has no number of VUs: write one from 0 to 1000000, as in "30s:10""#,
            ),
            (
                "30s:-1",
                r#""30s:-1" has no number of VUs: write one from 0 to 1000000, as in "30s:10""#,
            ),
            (
                "30:10",
                "\"30\" lacks a unit after a number: add one of ns, us, ms, s, m, h or d, \
                 as in \"150ms\", \"1m30s\" or \"2h\"",
            ),
        ] {
            assert_eq!(parse_stage(text), Err(message.to_owned()), "{text}");
        }
    }
}
