//! What was demanded of the run, and what failed.

use crate::metrics::{Kind, Stat, Unit};
use crate::record::Record;
use crate::report::number;

use super::element::{Cell, Table};
use super::figure::{ChartUnit, clock};

/// Thresholds, checks and failures by kind.
pub(super) fn content(record: &Record) -> String {
    thresholds(record) + &checks(record) + &failures(record)
}

fn thresholds(record: &Record) -> String {
    let mut table = Table::new("Thresholds", ["metric", "threshold", "figure", "result"]);
    for threshold in &record.thresholds {
        let unit = unit_of(threshold.kind, threshold.unit, threshold.stat);
        let result = match threshold.ok {
            Some(true) => Cell::Word("passed".to_owned(), "good-text"),
            Some(false) => Cell::Word("failed".to_owned(), "bad-text"),
            None => Cell::Word("no samples".to_owned(), "warn-text"),
        };
        table.rows.push(vec![
            Cell::text(threshold.selector()),
            Cell::text(&threshold.source),
            Cell::figure(threshold.value, |value| unit.show(value)),
            result,
        ]);
    }
    table.html()
}

/// The unit of a figure of a metric.
pub(super) fn unit_of(kind: Kind, unit: Unit, stat: Stat) -> ChartUnit {
    match (kind, stat, unit) {
        (Kind::Rate, Stat::Rate, _) => ChartUnit::Share,
        (Kind::Counter, Stat::Rate, Unit::Data) => ChartUnit::BytesPerSecond,
        (Kind::Counter, Stat::Rate, _) => ChartUnit::PerSecond,
        (Kind::Trend, Stat::Count, _) => ChartUnit::Plain,
        (_, _, unit) => ChartUnit::of(unit),
    }
}

fn checks(record: &Record) -> String {
    let mut table =
        Table::new("Checks", ["check", "group", "passed", "failed", "share"]).sortable();
    for check in &record.summary().checks {
        let all = (check.passes + check.fails).max(1);
        let count =
            |count: u64| Cell::figure(Some(count as f64), |count| ChartUnit::Plain.show(count));
        let class = if check.fails == 0 {
            "good-text"
        } else {
            "bad-text"
        };
        table.rows.push(vec![
            Cell::text(&check.name),
            Cell::text(&check.group),
            count(check.passes),
            count(check.fails),
            Cell::Word(number::share(check.passes as f64 / all as f64), class),
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
            Cell::figure(Some(failure.count as f64), |count| {
                ChartUnit::Plain.show(count)
            }),
            Cell::figure(Some(at.as_secs_f64()), clock),
            Cell::text(&failure.message),
        ]);
    }
    table.html()
}
