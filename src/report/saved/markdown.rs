//! A saved run as Markdown, for a pull request.

use std::fmt::Write;

use super::text::{text_options, title};
use crate::metrics::{
    CheckSummary, ClientVerdict, MetricKind, MetricSummary, Stat, Summary, ThresholdSummary,
};
use crate::record::{Record, VerdictKind};
use crate::report::number::FigureUnit;
use crate::report::section::{is_informative, is_listed};
use crate::report::style::Palette;

/// A run for a pull request or an issue: verdict, thresholds and failures, and all metrics folded.
pub(crate) fn markdown(record: &Record) -> String {
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
        let limits = summary.client.limits.iter();
        let causes: Vec<&str> = limits.map(|limit| limit.cause.name()).collect();
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
    let passed = record.runs.iter().all(|run| {
        run.end
            .as_ref()
            .is_some_and(|end| end.verdict == VerdictKind::Passed)
    });
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
                let unit = FigureUnit::of_stat(threshold.kind, threshold.unit, threshold.stat);
                let value = unit.show(value);
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
        let CheckSummary { passes, fails, .. } = check;
        let name = cell(&check.path());
        let _ = writeln!(out, "| {mark} | {name} | {passes} | {fails} |");
    }
    out.push('\n');
}

fn failures(out: &mut String, summary: &Summary) {
    if summary.failures.is_empty() {
        return;
    }
    *out += "| failures | | first message |\n|--:|---|---|\n";
    for failure in &summary.failures {
        let first = failure.message.lines().next().unwrap_or_default();
        let kind = cell(&failure.key.to_string());
        let _ = writeln!(out, "| {} | {kind} | {} |", failure.count, cell(first));
    }
    out.push('\n');
}

fn metrics(out: &mut String, record: &Record, summary: &Summary) {
    let options = text_options(record, Palette::PLAIN);
    let is_shown = |metric: &&MetricSummary| {
        let is_listed = !metric.is_empty() && is_listed(&metric.name, options.mode);
        is_listed && is_informative(metric, summary)
    };
    let metrics = summary.metrics.iter().filter(is_shown);
    let (trends, others): (Vec<_>, Vec<_>) =
        metrics.partition(|metric| metric.kind == MetricKind::Trend);
    let figure = |metric: &MetricSummary, stat: Stat| {
        let unit = FigureUnit::of_stat(metric.kind, metric.unit, stat);
        unit.show_in(metric.stat(stat).unwrap_or_default(), options.time_unit)
    };
    *out += "<details><summary>Metrics</summary>\n\n";
    if !trends.is_empty() {
        let names: Vec<String> = options.trend_stats.iter().map(Stat::to_string).collect();
        let _ = writeln!(out, "| | {} |", names.join(" | "));
        let _ = writeln!(out, "|---|{}", "--:|".repeat(names.len()));
        for metric in trends {
            let figures = options.trend_stats.iter().map(|stat| figure(metric, *stat));
            let figures: Vec<String> = figures.collect();
            let _ = writeln!(out, "| {} | {} |", code(&metric.name), figures.join(" | "));
        }
        out.push('\n');
    }
    if !others.is_empty() {
        *out += "| | | |\n|---|--:|--:|\n";
    }
    for metric in others {
        let (first, second) = match metric.kind {
            MetricKind::Counter => (figure(metric, Stat::Count), figure(metric, Stat::Rate)),
            MetricKind::Rate => (figure(metric, Stat::Rate), String::new()),
            _ => (figure(metric, Stat::Value), String::new()),
        };
        let _ = writeln!(out, "| {} | {first} | {second} |", code(&metric.name));
    }
    *out += "\n</details>\n";
}

/// Text in a cell of a table.
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

/// Code in a cell of a table.
fn code(text: &str) -> String {
    let text = text.replace(['`', '\n', '\r'], " ");
    format!("`{}`", text.replace('|', "\\|"))
}
