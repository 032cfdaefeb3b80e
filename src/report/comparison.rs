//! A comparison as text, Markdown and JSON.

#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "a page is built once, and its pieces are easier to read in one line"
)]

use serde_json::{Value, json};

use super::columns::aligned;
use super::number::FigureUnit;
use super::section;
use super::style::{Palette, paint};
use super::text::Mode;
use crate::compare::{ChangeVerdict, ComparedFigure, Comparison, FigureChange};
use crate::metrics::MetricKind;
use crate::units::counted;

/// A figure of a row in the unit of its metric.
pub(super) fn figure_text(row: &ComparedFigure, value: f64) -> String {
    FigureUnit::of_stat(row.kind, row.unit, row.stat).show(value)
}

/// The change and its interval; `–` if they are unknown.
pub(crate) fn change_text(row: &ComparedFigure) -> (String, String) {
    let percent = |ratio: f64| format!("{:+.1}%", (ratio - 1.0) * 100.0);
    let points = |difference: f64| {
        if row.kind == MetricKind::Rate {
            return format!("{:+.2} points", difference * 100.0);
        }
        let sign = if difference < 0.0 { "-" } else { "+" };
        format!("{sign}{}", figure_text(row, difference.abs()))
    };
    let (value, low, high) = match row.change {
        FigureChange::Ratio(ratio) => (
            percent(ratio.value),
            percent(ratio.low),
            percent(ratio.high),
        ),
        FigureChange::Difference(by) => (points(by.value), points(by.low), points(by.high)),
        FigureChange::Unknown => return ("–".to_owned(), String::new()),
    };
    (value, format!("{low} … {high}"))
}

/// The cells of a row: figure and metric, base, new, change, interval.
fn cells(row: &ComparedFigure) -> [String; 5] {
    let shown =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| figure_text(row, value));
    let (change, interval) = change_text(row);
    [
        format!("{} {}", row.stat, row.selector),
        shown(row.base),
        shown(row.new),
        change,
        interval,
    ]
}

const HEAD: [&str; 5] = ["", "base", "new", "change", "95% interval"];

/// The reason why a figure has too little data.
const WHY_LACKING: &str = "too few samples, or runs that are too short";

/// Whether a row is shown by default: both sides have the figure, and a summary lists the metric.
fn is_main(row: &ComparedFigure) -> bool {
    let metric = row.selector.split('{').next().unwrap_or_default();
    let is_check = metric == "checks" && metric != row.selector;
    let is_listed = metric == "checks" || section::is_listed(metric, Mode::Compact);
    row.verdict != ChangeVerdict::NotEnough && is_listed && !is_check
}

/// The comparison for a screen: doubts, then a table. Unless `all` is set, phases of requests, single checks and figures with too
/// little data are counted instead of shown.
pub(crate) fn comparison_text(comparison: &Comparison, all: bool, palette: &Palette) -> String {
    let shown: Vec<&ComparedFigure> = comparison
        .rows
        .iter()
        .filter(|row| all || is_main(row))
        .collect();
    let rows: Vec<[String; 5]> = shown.iter().map(|row| cells(row)).collect();
    let mut lines = aligned(&HEAD, &rows, 0).into_iter();
    let mut text = String::new();
    for doubt in &comparison.doubts {
        text += &format!("{} {doubt}\n", paint(palette.warning, "note:"));
    }
    if !comparison.doubts.is_empty() {
        text.push('\n');
    }
    let head = lines.next().unwrap_or_default();
    if !shown.is_empty() {
        text += head.trim_end();
        text.push('\n');
    }
    for (row, line) in shown.iter().zip(lines) {
        let style = match row.verdict {
            ChangeVerdict::Better => palette.good,
            ChangeVerdict::Worse => palette.bad,
            ChangeVerdict::Different => palette.warning,
            ChangeVerdict::Same | ChangeVerdict::NotEnough => palette.word,
        };
        text += &format!("{line}  {}\n", paint(style, row.verdict.text()));
    }
    let hidden: Vec<&ComparedFigure> = comparison
        .rows
        .iter()
        .filter(|row| !(all || is_main(row)))
        .collect();
    if !hidden.is_empty() {
        let lacking = hidden
            .iter()
            .filter(|row| row.verdict == ChangeVerdict::NotEnough)
            .count();
        let lacking = match lacking {
            0 => String::new(),
            n if n == hidden.len() => format!(", without enough data ({WHY_LACKING})"),
            n => format!(", {n} of them without enough data ({WHY_LACKING})"),
        };
        if !shown.is_empty() {
            text.push('\n');
        }
        let figures = counted(hidden.len() as u64, "figure");
        text += &format!("{figures} not shown{lacking}: --all shows them\n");
    }
    text
}

/// The comparison as a Markdown table for a pull request: changed figures, and the others folded.
pub(crate) fn comparison_markdown(comparison: &Comparison) -> String {
    let mut text = String::new();
    for doubt in &comparison.doubts {
        text += &format!("> **Note:** {}\n", plain(doubt));
    }
    if !comparison.doubts.is_empty() {
        text.push('\n');
    }
    let is_change = |row: &&ComparedFigure| {
        !matches!(row.verdict, ChangeVerdict::Same | ChangeVerdict::NotEnough)
    };
    let (changed, same): (Vec<&ComparedFigure>, Vec<&ComparedFigure>) =
        comparison.rows.iter().partition(is_change);
    let table = |rows: &[&ComparedFigure]| {
        let mut table =
            String::from("| | base | new | change | 95% interval | |\n|---|--:|--:|--:|--:|---|\n");
        for row in rows {
            let cells = cells(row).map(|cell| plain(&cell));
            table += &format!("| {} | {} |\n", cells.join(" | "), row.verdict.text());
        }
        table
    };
    if changed.is_empty() {
        text += "No difference seen.\n";
    } else {
        text += &table(&changed);
    }
    if !same.is_empty() {
        let summary = format!("{} figures without a difference", same.len());
        text += &format!(
            "\n<details><summary>{summary}</summary>\n\n{}\n</details>\n",
            table(&same)
        );
    }
    text
}

/// Text escaped for a cell of a table.
fn plain(text: &str) -> String {
    text.replace('|', "\\|")
        .replace(['\n', '\r'], " ")
        .replace('<', "&lt;")
}

/// The comparison as JSON. Figures are in the unit of their metric: seconds, bytes, shares from 0 to 1.
pub(crate) fn comparison_json(comparison: &Comparison) -> Value {
    let row = |row: &ComparedFigure| {
        let (kind, interval) = match row.change {
            FigureChange::Ratio(ratio) => ("ratio", Some(ratio)),
            FigureChange::Difference(difference) => ("difference", Some(difference)),
            FigureChange::Unknown => ("unknown", None),
        };
        let change = interval.map(|interval| json!({ "value": interval.value, "low": interval.low, "high": interval.high }));
        json!({
            "metric": row.selector, "figure": row.stat.to_string(), "base": row.base, "new": row.new,
            "change_kind": kind, "change": change, "verdict": row.verdict.text().replace(' ', "_"),
        })
    };
    json!({
        "runs": { "base": comparison.runs.0, "new": comparison.runs.1 },
        "doubts": comparison.doubts,
        "figures": comparison.rows.iter().map(row).collect::<Vec<_>>(),
    })
}
