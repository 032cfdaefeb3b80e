//! What the servers beside the run said of themselves.

use super::charts::{Chart, Line, Source, has_samples};
use super::element::{Cell, Table};
use super::figure::ChartUnit;
use crate::metrics::{Kind, Stat, Tags};
use crate::record::Record;
use crate::report::server::{lines, ours};
use crate::scrape::{Findings, charted, is_known};

/// The figures that the metrics of servers come to.
pub(super) fn content(record: &Record) -> String {
    if !record.series.iter().any(|info| is_known(&info.metric)) {
        return String::new();
    }
    let summary = record.summary();
    let Some(findings) = Findings::of(&summary) else {
        return String::new();
    };
    let mut table = Table::new("What the server says", ["figure", "value"]);
    let rows = lines(&findings, &ours(&summary)).into_iter();
    table.rows = rows
        .map(|(label, words)| vec![Cell::text(label), Cell::text(words)])
        .collect();
    table.html()
}

/// Their charts over time.
pub(super) fn charts(record: &Record) -> Vec<Chart> {
    let line = |(metric, word): (&str, &str)| {
        let series = record.find(metric, &Tags::new())?;
        let source = match record.series[series].kind {
            Kind::Counter => Source::Rate(series),
            _ => Source::Series(series, Stat::Value),
        };
        has_samples(record, series).then(|| Line::new(word, source))
    };
    let chart = |(id, title, metrics): (&str, &str, Vec<(&str, &str)>)| Chart {
        id: id.to_owned(),
        title: title.to_owned(),
        about: "As the server says itself.",
        unit: ChartUnit::Plain,
        log: false,
        lines: metrics.into_iter().filter_map(line).collect(),
        bands: Vec::new(),
    };
    let charts = charted().into_iter().map(chart);
    charts.filter(|chart| !chart.lines.is_empty()).collect()
}
