//! The metrics of servers.

use super::charts::{Chart, ChartLine, ChartSource, whole};
use super::element::{Cell, Table};
use crate::metrics::{MetricKind, Stat};
use crate::record::Record;
use crate::report::number::FigureUnit;
use crate::report::server::{lines, ours};
use crate::scrape::{Findings, charted, is_known};

/// The figures computed from the metrics of servers.
pub(super) fn content(record: &Record) -> String {
    if !record.series.iter().any(|info| is_known(&info.metric)) {
        return String::new();
    }
    let summary = record.summary();
    let Some(findings) = Findings::of(&summary) else {
        return String::new();
    };
    let mut table = Table::new("Figures reported by the server", ["figure", "value"]);
    let rows = lines(&findings, &ours(&summary)).into_iter();
    table.rows = rows
        .map(|(label, words)| vec![Cell::text(label), Cell::text(words)])
        .collect();
    table.html()
}

/// The charts of these metrics over time.
pub(super) fn charts(record: &Record) -> Vec<Chart> {
    let line = |(metric, word): (&str, &str)| {
        let series = whole(record, metric)?;
        let source = match record.series[series].kind {
            MetricKind::Counter => ChartSource::Rate(series),
            _ => ChartSource::Series(series, Stat::Value),
        };
        Some(ChartLine::new(word, source))
    };
    let chart = |(id, title, metrics): (&str, &str, Vec<(&str, &str)>)| Chart {
        about: "As reported by the server.",
        ..Chart::new(
            id,
            title,
            FigureUnit::Plain,
            metrics.into_iter().filter_map(line).collect(),
        )
    };
    charted().into_iter().map(chart).collect()
}
