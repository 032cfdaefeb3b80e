//! Thresholds, checks and failures.

use crate::record::Record;
use crate::report::number;

use super::element::{Cell, Table};
use super::figure::clock;
use crate::report::number::FigureUnit;

/// Thresholds, checks and failures by kind.
pub(super) fn content(record: &Record) -> String {
    thresholds(record) + &checks(record) + &failures(record)
}

fn thresholds(record: &Record) -> String {
    let mut table = Table::new("Thresholds", ["metric", "threshold", "figure", "result"]);
    for threshold in &record.thresholds {
        let unit = FigureUnit::of_stat(threshold.kind, threshold.unit, threshold.stat);
        let result = match threshold.ok {
            Some(true) => Cell::Word("passed".to_owned(), "good-text"),
            Some(false) => Cell::Word("failed".to_owned(), "bad-text"),
            None => Cell::Word("no samples".to_owned(), "warn-text"),
        };
        table.rows.push(vec![
            Cell::text(threshold.selector()),
            Cell::text(&threshold.source),
            Cell::of(threshold.value, unit),
            result,
        ]);
    }
    table.html()
}

fn checks(record: &Record) -> String {
    let mut table =
        Table::new("Checks", ["check", "group", "passed", "failed", "share"]).sortable();
    for check in &record.summary().checks {
        let all = (check.passes + check.fails).max(1);
        let is_good = check.fails == 0;
        table.rows.push(vec![
            Cell::text(&check.name),
            Cell::text(&check.group),
            Cell::count(check.passes),
            Cell::count(check.fails),
            Cell::word(number::share(check.passes as f64 / all as f64), is_good),
        ]);
    }
    table.html()
}

fn failures(record: &Record) -> String {
    let head = [
        "failure",
        "kind",
        "status",
        "count",
        "first at",
        "first message",
    ];
    let mut table = Table::new("Failures by kind", head).sortable();
    for (at, failure) in &record.failures {
        table.rows.push(vec![
            Cell::text(failure.key.source.as_ref()),
            Cell::text(failure.key.kind.as_ref()),
            Cell::figure(failure.key.status.map(f64::from), |status| {
                format!("{status:.0}")
            }),
            Cell::count(failure.count),
            Cell::figure(Some(at.as_secs_f64()), clock),
            Cell::text(&failure.message),
        ]);
    }
    table.html()
}
