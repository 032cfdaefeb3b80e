//! Tables of all metrics and of sub-metrics by tag.

use crate::metrics::{MetricKind, SeriesInfo, SeriesRole, Sink, Stat};
use crate::record::Record;

use super::element::{Cell, Table};
use crate::report::number::FigureUnit;

/// The maximum number of sub-metrics in a table; the saved run has all.
const MOST_PARTS: usize = 200;

/// One table for trends and one for the other metrics.
pub(super) fn metrics(record: &Record) -> String {
    both(record, |info| info.role == SeriesRole::Whole, "Metrics")
}

/// The same tables for sub-metrics.
pub(super) fn parts(record: &Record) -> String {
    both(
        record,
        |info| info.role == SeriesRole::SubMetric,
        "Parts of metrics",
    )
}

fn both(record: &Record, wanted: impl Fn(&SeriesInfo) -> bool, caption: &str) -> String {
    let mut series: Vec<(&SeriesInfo, &Sink)> = record
        .series
        .iter()
        .zip(&record.totals)
        .filter(|(info, _)| wanted(info))
        .filter_map(|(info, sink)| Some((info, sink.as_ref()?)))
        .collect();
    series.sort_by_key(|(info, _)| info.selector());
    let hidden = series.len().saturating_sub(MOST_PARTS);
    series.truncate(MOST_PARTS);
    let seconds = record.facts.duration.as_secs_f64();
    let mut html = trends(&series, &format!("{caption}: distributions"));
    html += &others(&series, seconds, &format!("{caption}: sums and shares"));
    if hidden > 0 {
        html += &format!("<p class=\"quiet\">{hidden} more are in the saved run.</p>");
    }
    html
}

fn trends(series: &[(&SeriesInfo, &Sink)], caption: &str) -> String {
    const STATS: [(&str, Stat); 9] = [
        ("samples", Stat::Count),
        ("avg", Stat::Avg),
        ("min", Stat::Min),
        ("p50", Stat::Percentile(50.0)),
        ("p90", Stat::Percentile(90.0)),
        ("p95", Stat::Percentile(95.0)),
        ("p99", Stat::Percentile(99.0)),
        ("p99.9", Stat::Percentile(99.9)),
        ("max", Stat::Max),
    ];
    let head = std::iter::once("metric").chain(STATS.iter().map(|(name, _)| *name));
    let mut table = Table::new(caption, head).sortable();
    for (info, sink) in series
        .iter()
        .filter(|(info, _)| info.kind == MetricKind::Trend)
    {
        let cell = |(_, stat): &(&str, Stat)| {
            // With too few samples, a high percentile equals the maximum.
            let carried = match stat {
                Stat::Percentile(percent) => {
                    crate::statistics::samples_for(*percent) <= sink.count() || *percent < 99.0
                }
                _ => true,
            };
            let value = sink.stat(*stat, 0.0).filter(|_| carried);
            Cell::of(value, FigureUnit::of_stat(info.kind, info.unit, *stat))
        };
        let cells = std::iter::once(Cell::text(info.selector())).chain(STATS.iter().map(cell));
        table.rows.push(cells.collect());
    }
    table.html()
}

fn others(series: &[(&SeriesInfo, &Sink)], seconds: f64, caption: &str) -> String {
    let mut table = Table::new(caption, ["metric", "value", "rate", "samples"]).sortable();
    for (info, sink) in series {
        let show = |stat: Stat| {
            let unit = FigureUnit::of_stat(info.kind, info.unit, stat);
            Cell::of(sink.stat(stat, seconds), unit)
        };
        let (value, rate) = match info.kind {
            MetricKind::Trend => continue,
            MetricKind::Counter => (show(Stat::Count), show(Stat::Rate)),
            MetricKind::Gauge => (show(Stat::Value), Cell::None),
            MetricKind::Rate => (show(Stat::Rate), Cell::None),
        };
        let (name, samples) = (Cell::text(info.selector()), Cell::count(sink.count()));
        table.rows.push(vec![name, value, rate, samples]);
    }
    table.html()
}
