//! A saved run as JUnit XML: a case for each threshold and check.

use std::fmt::Write;

use super::text::title;
use crate::metrics::{FailureCount, Summary, ThresholdSummary};
use crate::record::Record;
use crate::report::number::FigureUnit;
use crate::report::timestamp::utc;

/// The verdict of a run as JUnit XML, which CI systems show: a case for each threshold and each check.
pub(crate) fn junit(record: &Record) -> String {
    let summary = record.summary();
    let mut cases = String::new();
    let mut failures = 0;
    for threshold in &summary.thresholds {
        let name = format!("{}: {}", threshold.selector(), threshold.source);
        let failure = match threshold.ok {
            Some(true) => None,
            Some(false) => Some(format!("{}={}", threshold.stat, value(threshold))),
            None => Some("there is no sample".to_owned()),
        };
        // A threshold without samples does not fail the run.
        let word = match threshold.ok {
            None => "skipped",
            Some(_) => "failure",
        };
        failures += usize::from(threshold.ok == Some(false));
        case(&mut cases, "thresholds", &name, word, failure.as_deref());
    }
    for check in &summary.checks {
        let name = check.path();
        let all = check.passes + check.fails;
        let failure = (check.fails > 0).then(|| format!("{} of {all} did not hold", check.fails));
        failures += usize::from(check.fails > 0);
        case(&mut cases, "checks", &name, "failure", failure.as_deref());
    }
    let tests = summary.thresholds.len() + summary.checks.len();
    let time = summary.duration.as_secs_f64();
    let name = escaped(&title(record));
    let stamp = utc(record.started()).replace(' ', "T").replace("TUTC", "");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites tests=\"{tests}\" failures=\"{failures}\" time=\"{time:.3}\">\n  \
         <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" time=\"{time:.3}\" timestamp=\"{stamp}\">\n\
         {cases}{}  </testsuite>\n</testsuites>\n",
        output(&summary),
    )
}

fn value(threshold: &ThresholdSummary) -> String {
    let unit = FigureUnit::of_stat(threshold.kind, threshold.unit, threshold.stat);
    unit.show(threshold.value.unwrap_or_default())
}

fn case(out: &mut String, class: &str, name: &str, word: &str, failure: Option<&str>) {
    let name = escaped(name);
    let _ = write!(out, "    <testcase classname=\"{class}\" name=\"{name}\"");
    let _ = match failure {
        None => writeln!(out, "/>"),
        Some(what) => {
            let what = escaped(what);
            *out += ">\n      ";
            writeln!(out, "<{word} message=\"{what}\"/>\n    </testcase>")
        }
    };
}

/// Failures and notes, as the output of the suite.
fn output(summary: &Summary) -> String {
    let failures = summary.failures.iter().map(|failure| {
        let FailureCount {
            key,
            count,
            message,
        } = failure;
        format!("{key}: {count} times: {message}")
    });
    let lines: Vec<String> = failures.chain(summary.notes.iter().cloned()).collect();
    if lines.is_empty() {
        return String::new();
    }
    let text = escaped(&lines.join("\n"));
    format!("    <system-out>{text}</system-out>\n")
}

/// Escapes text for XML and removes characters that XML does not allow.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\n' | '\t' => out.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
