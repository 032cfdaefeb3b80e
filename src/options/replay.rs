//! Reads the keys of the executor `replay`.

use std::time::Duration;

use serde_json::Value;

use super::arrival_rates;
use super::field::{Field, OptionTable};
use super::problem::{OptionProblem, ProblemKind};
use super::scenario::MIN_DURATION;
use super::values::MAX_WHOLE;
use super::{Executor, Scenario};
use crate::units::{MAX_DURATION, duration_from_secs, parse_duration};

const DATA: &str = "use a list of start times in ascending order, in seconds or as durations, such as { 0, 0.5, \"1m\" }, \
                    or the path of a file with one on each line";

/// Reads `replay`.
pub(super) fn read(table: &OptionTable<'_>) -> Option<Executor> {
    let hint = "set the start times, as a list or a file";
    let data = table.require_field("data", hint);
    let speed = table.read("speed", speed).unwrap_or(1.0);
    let iterations = table.read("iterations", |field| field.whole(1..=MAX_WHOLE));
    let limit = table.read("duration", |field| field.duration_from(MIN_DURATION));
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
            "all starts are later than `duration`: raise it, or `speed`".to_owned()
        };
        data.complain(data.fault(what));
        return None;
    };
    // The last iterations get the time that other executors allow.
    let ample = || last.saturating_add(Scenario::MAX_DURATION);
    Some(Executor::Replay {
        starts: starts.into(),
        duration: limit.unwrap_or_else(ample).min(MAX_DURATION),
        vus: vus?,
    })
}

/// The start times, scaled by `speed`.
fn starts(field: &Field<'_>, speed: f64) -> Result<Vec<Duration>, OptionProblem> {
    let items = field.list(DATA)?;
    let mut starts: Vec<Duration> = Vec::with_capacity(items.len());
    let mut last = Duration::ZERO;
    for field in items {
        let time = time(&field)?;
        if time < last {
            let advice = "it is earlier than the one before: sort the list";
            return Err(field.wrong(ProblemKind::OutOfRange, advice));
        }
        last = time;
        starts
            .push(Duration::try_from_secs_f64(time.as_secs_f64() / speed).unwrap_or(MAX_DURATION));
    }
    Ok(starts)
}

fn time(field: &Field<'_>) -> Result<Duration, OptionProblem> {
    match field.value {
        Value::String(text) => parse_duration(text).map_err(|error| field.fault(error)),
        Value::Number(number) => {
            duration_from_secs(number.as_f64().unwrap_or(f64::NAN)).map_err(|_| {
                let advice = "use seconds since the start of the scenario, from 0 on";
                field.wrong(ProblemKind::OutOfRange, advice)
            })
        }
        _ => Err(field.wrong(ProblemKind::WrongType, DATA)),
    }
}

fn speed(field: &Field<'_>) -> Result<f64, OptionProblem> {
    let advice = "use a number from 0.001 to 1000; 2 is twice as fast";
    field.number(advice, |speed| {
        (0.001..=1000.0).contains(&speed).then_some(speed)
    })
}

/// The start times in a file: one on each line, or in the first column of a CSV file. Blank lines, lines that begin with
/// `#`, and a first line of names are skipped.
///
/// # Errors
/// The first line without a start time, with its number.
pub(crate) fn parse_starts(text: &str) -> Result<Vec<Value>, String> {
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
