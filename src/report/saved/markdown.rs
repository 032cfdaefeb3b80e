use std::fmt::Write;

use super::text::{text_options, title};
use crate::metrics::{ClientVerdict, Kind, MetricSummary, Stat, Summary, ThresholdSummary, Unit};
use crate::record::Record;
use crate::report::number::{figure, per_second, share};
use crate::report::section::{is_informative, is_listed};
use crate::report::style::Palette;

/// A run for a pull request or an issue: verdict, thresholds and failures in sight, all metrics folded away.
pub fn markdown(record: &Record) -> String {
    let summary = record.summary();
    let mut out = String::new();
    let _ = writeln!(
        out,
        "### {} {}\n",
        mark(record, &summary),
        cell(&title(record))
    );
    for note in &summary.notes {
        let _ = writeln!(out, "> **Note:** {}\n", cell(note));
    }
    if summary.client.verdict == ClientVerdict::Limited {
        let causes: Vec<&str> = summary
            .client
            .limits
            .iter()
            .map(|limit| limit.cause.name())
            .collect();
        let _ = writeln!(
            out,
            "> **Note:** the load generator was limited by {}; figures may be its own\n",
            causes.join(", ")
        );
    }
    thresholds(&mut out, &summary.thresholds);
    checks(&mut out, &summary);
    failures(&mut out, &summary);
    metrics(&mut out, record, &summary);
    out
}

fn mark(record: &Record, summary: &Summary) -> &'static str {
    let passed = record
        .runs
        .iter()
        .all(|run| run.end.as_ref().is_some_and(|end| end.verdict == "passed"));
    let holds = summary
        .thresholds
        .iter()
        .all(|threshold| threshold.ok != Some(false));
    if passed && holds { "✅" } else { "❌" }
}

fn thresholds(out: &mut String, thresholds: &[ThresholdSummary]) {
    if thresholds.is_empty() {
        return;
    }
    *out += "| | threshold | figure |\n|---|---|--:|\n";
    for threshold in thresholds {
        let (mark, value) = match (threshold.ok, threshold.value) {
            (Some(ok), Some(value)) => {
                let unit = if threshold.kind == Kind::Trend && threshold.stat == Stat::Count {
                    Unit::Plain
                } else {
                    threshold.unit
                };
                let value = match threshold.kind {
                    Kind::Rate => share(value),
                    _ => figure(value, unit, None),
                };
                (if ok { "✅" } else { "❌" }, value)
            }
            _ => ("–", "no samples".to_owned()),
        };
        let (whom, what) = (code(&threshold.selector()), code(&threshold.source));
        let _ = writeln!(out, "| {mark} | {whom} {what} | {value} |");
    }
    out.push('\n');
}

fn checks(out: &mut String, summary: &Summary) {
    if summary.checks.is_empty() {
        return;
    }
    *out += "| | check | passed | failed |\n|---|---|--:|--:|\n";
    for check in &summary.checks {
        let mark = if check.fails == 0 { "✅" } else { "❌" };
        let name = match check.group.as_str() {
            "" => check.name.clone(),
            group => format!("{group}::{}", check.name),
        };
        let _ = writeln!(
            out,
            "| {mark} | {} | {} | {} |",
            cell(&name),
            check.passes,
            check.fails
        );
    }
    out.push('\n');
}

fn failures(out: &mut String, summary: &Summary) {
    if summary.failures.is_empty() {
        return;
    }
    *out += "| failures | | the first said |\n|--:|---|---|\n";
    for failure in &summary.failures {
        let key = &failure.key;
        let status = key
            .status
            .map(|status| format!(" {status}"))
            .unwrap_or_default();
        let first = failure.message.lines().next().unwrap_or_default();
        let kind = cell(&format!("{} {}{status}", key.source, key.kind));
        let _ = writeln!(out, "| {} | {kind} | {} |", failure.count, cell(first));
    }
    out.push('\n');
}

fn metrics(out: &mut String, record: &Record, summary: &Summary) {
    let options = text_options(record, Palette::PLAIN);
    let shown: Vec<&MetricSummary> = summary
        .metrics
        .iter()
        .filter(|metric| {
            !metric.empty
                && is_listed(&metric.name, options.mode)
                && is_informative(metric, summary)
        })
        .collect();
    let names: Vec<String> = options
        .trend_stats
        .iter()
        .map(ToString::to_string)
        .collect();
    let trends: Vec<_> = shown
        .iter()
        .filter(|metric| metric.kind == Kind::Trend)
        .collect();
    *out += "<details><summary>Metrics</summary>\n\n";
    if !trends.is_empty() {
        let _ = writeln!(out, "| | {} |", names.join(" | "));
        let _ = writeln!(out, "|---|{}", "--:|".repeat(names.len()));
        for metric in trends {
            let figures = options.trend_stats.iter().map(|stat| {
                let unit = if *stat == Stat::Count {
                    Unit::Plain
                } else {
                    metric.unit
                };
                let value = metric.stat(*stat).unwrap_or_default();
                figure(value, unit, options.time_unit)
            });
            let figures: Vec<String> = figures.collect();
            let _ = writeln!(out, "| {} | {} |", code(&metric.name), figures.join(" | "));
        }
        out.push('\n');
    }
    let (_, others): (Vec<&MetricSummary>, Vec<_>) =
        shown.iter().partition(|metric| metric.kind == Kind::Trend);
    if !others.is_empty() {
        *out += "| | | |\n|---|--:|--:|\n";
    }
    for metric in others {
        let (first, second) = match metric.kind {
            Kind::Counter => (
                figure(metric.count().unwrap_or_default(), metric.unit, None),
                per_second(metric.rate().unwrap_or_default(), metric.unit),
            ),
            Kind::Rate => (share(metric.rate().unwrap_or_default()), String::new()),
            _ => (
                figure(metric.value().unwrap_or_default(), metric.unit, None),
                String::new(),
            ),
        };
        let _ = writeln!(out, "| {} | {first} | {second} |", code(&metric.name));
    }
    *out += "\n</details>\n";
}

/// Text in a cell of a table, as it is.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Text in a cell of a table, in the type of code.
fn code(text: &str) -> String {
    let text = text.replace(['`', '\n', '\r'], " ");
    format!("`{}`", text.replace('|', "\\|"))
}
