//! Reads the keys of the executor `replay`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::arrival_rates;
use super::item::{Item, Table};
use super::problem::{Problem, ProblemKind};
use super::scenario::MIN_DURATION;
use super::values::MAX_WHOLE;
use super::{Executor, Scenario};
use crate::units::{MAX_DURATION, duration_from_secs, parse_duration};

const DATA: &str = "use a list of start times in ascending order, in seconds or as durations, such as { 0, 0.5, \"1m\" }, \
                    or the path of a file with one on each line";

/// Reads `replay`.
pub(super) fn read(table: &Table<'_>) -> Option<Executor> {
    let hint = "give it the start times, as a list or a file";
    let data = table.require_item("data", hint);
    let speed = table.read("speed", speed).unwrap_or(1.0);
    let iterations = table.read("iterations", |item| item.whole(1..=MAX_WHOLE));
    let limit = table.read("duration", |item| item.duration_from(MIN_DURATION));
    let vus = arrival_rates::vus(table);
    let data = data?;
    let mut starts = data.check(starts(&data, speed))?;
    let all = starts.len();
    if let Some(limit) = limit {
        starts.truncate(starts.partition_point(|start| *start < limit));
    }
    if let Some(most) = iterations.and_then(|n| usize::try_from(n).ok()) {
        starts.truncate(most);
    }
    let Some(last) = starts.last().copied() else {
        let what = if all == 0 {
            DATA.to_owned()
        } else {
            "no start comes before `duration` is over: raise it, or `speed`".to_owned()
        };
        data.complain(data.fault(what));
        return None;
    };
    let (pre_allocated_vus, max_vus) = vus?;
    // As long for the last iterations as other executors give.
    let ample = || last.saturating_add(Scenario::MAX_DURATION);
    Some(Executor::Replay {
        starts: starts.into(),
        duration: limit.unwrap_or_else(ample).min(MAX_DURATION),
        pre_allocated_vus,
        max_vus,
    })
}

/// The times of starts, with the faster or slower pace applied.
fn starts(item: &Item<'_>, speed: f64) -> Result<Vec<Duration>, Problem> {
    let items = item.list(DATA)?;
    let mut starts: Vec<Duration> = Vec::with_capacity(items.len());
    let mut last = Duration::ZERO;
    for item in items {
        let time = time(&item)?;
        if time < last {
            let advice = "it comes before the one above it: sort them";
            return Err(item.wrong(ProblemKind::OutOfRange, advice));
        }
        last = time;
        starts
            .push(Duration::try_from_secs_f64(time.as_secs_f64() / speed).unwrap_or(MAX_DURATION));
    }
    Ok(starts)
}

fn time(item: &Item<'_>) -> Result<Duration, Problem> {
    match item.value {
        Value::String(text) => parse_duration(text).map_err(|error| item.fault(error)),
        Value::Number(number) => {
            duration_from_secs(number.as_f64().unwrap_or(f64::NAN)).map_err(|_| {
                let advice = "use seconds since the start of the scenario, from 0 on";
                item.wrong(ProblemKind::OutOfRange, advice)
            })
        }
        _ => Err(item.wrong(ProblemKind::WrongType, DATA)),
    }
}

fn speed(item: &Item<'_>) -> Result<f64, Problem> {
    let advice = "use a number from 0.001 to 1000; 2 is twice as fast";
    let Some(speed) = item.value.as_f64() else {
        return Err(item.wrong(ProblemKind::WrongType, advice));
    };
    if (0.001..=1000.0).contains(&speed) {
        Ok(speed)
    } else {
        Err(item.wrong(ProblemKind::OutOfRange, advice))
    }
}

/// The start times in the text of a file, as `data` takes them: one on each line, in the first column of a CSV file. Blank
/// lines, lines that begin with `#`, and a first line of names are skipped.
///
/// # Errors
/// The line that has none, with its number.
pub fn parse_starts(text: &str) -> Result<Vec<Value>, String> {
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    let mut starts: Vec<Value> = Vec::new();
    for (number, line) in (1_usize..).zip(lines) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let first = line.split([',', ';', '\t']).next().unwrap_or_default();
        let word = first.trim().trim_matches('"');
        let seconds = word.parse::<f64>().ok().map(Value::from);
        match seconds.filter(Value::is_number) {
            Some(seconds) => starts.push(seconds),
            None if parse_duration(word).is_ok() => starts.push(word.into()),
            None if number == 1 && line.starts_with(|c: char| c.is_alphabetic() || c == '"') => {}
            None => {
                return Err(format!(
                    "line {number}: {word:?} is not a start time: write seconds since the start of the scenario, such as 0.5, \
                     or a duration such as \"500ms\""
                ));
            }
        }
    }
    Ok(starts)
}

/// One list for a program that has the times already.
pub(super) fn to_json(starts: &Arc<[Duration]>) -> Value {
    starts
        .iter()
        .map(|start| {
            let seconds = start.as_secs_f64();
            if seconds.fract() == 0.0 {
                start.as_secs().into()
            } else {
                Value::from(seconds)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_has_one_time_on_a_line() {
        let text = "\u{feff}start,tokens\n# a comment\n0,7\n0.25;x\n\n\"1m30s\"\t9\n100\n";
        assert_eq!(
            parse_starts(text).unwrap(),
            [json!(0.0), json!(0.25), json!("1m30s"), json!(100.0)]
        );
        for (text, what) in [
            (
                "0\nnoon\n",
                "line 2: \"noon\" is not a start time: write seconds",
            ),
            (
                "0\n2023-11-16 18:15:46\n",
                "line 2: \"2023-11-16 18:15:46\"",
            ),
            ("0\n1\nNaN\n", "line 3: \"NaN\""),
        ] {
            let error = parse_starts(text).unwrap_err();
            assert!(error.starts_with(what), "{error}");
        }
    }
}
