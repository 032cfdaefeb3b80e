//! The charts over time, and the tables with the same figures.

use crate::metrics::{MetricKind, Stat, SummarySection, Tags, Unit, builtin};
use crate::record::{Frame, Record};
use crate::report::section::section_of;

use super::element::{Cell, Table, caption, details, escape, grid};
use super::figure::{P50, P99, clock};
use super::{heat, server};
use crate::report::number::FigureUnit::{self, Bytes, BytesPerSecond, PerSecond, Plain};

/// The maximum number of rows of a table; with more frames, each row covers several.
const MOST_ROWS: usize = 60;
/// The maximum number of kinds of failures with a line each.
const MOST_KINDS: usize = 6;
/// The maximum number of the script's own metrics with a chart.
const MOST_CUSTOM: usize = 8;

/// One chart.
pub(super) struct Chart {
    /// Its id in the page.
    pub(super) id: String,
    pub(super) title: String,
    /// The sentence below the title; may be empty.
    pub(super) about: &'static str,
    pub(super) unit: FigureUnit,
    /// Whether its scale is logarithmic.
    pub(super) log: bool,
    pub(super) lines: Vec<ChartLine>,
    /// Pairs of lines, upper and lower, with the space between them filled.
    pub(super) bands: Vec<(usize, usize)>,
}

/// One line of a chart.
pub(super) struct ChartLine {
    pub(super) name: String,
    source: ChartSource,
    pub(super) thin: bool,
    pub(super) color: Option<usize>,
}

/// The source of the figures of a line.
pub(super) enum ChartSource {
    /// A figure of a series.
    Series(usize, Stat),
    /// The rate of a counter, which is zero without samples.
    Rate(usize),
    /// Failures of a source and kind per second.
    Failures(String, String),
    /// Cores that the process used.
    Cores,
    /// Memory of the process.
    Memory,
}

impl ChartLine {
    pub(super) fn new(name: impl Into<String>, source: ChartSource) -> Self {
        Self {
            name: name.into(),
            source,
            thin: false,
            color: None,
        }
    }

    /// The figure of one frame, if it has one.
    pub(super) fn value(&self, frame: &Frame) -> Option<f64> {
        let seconds = frame.length.as_secs_f64();
        match &self.source {
            ChartSource::Series(series, stat) => frame.point(*series)?.stat(*stat, seconds),
            ChartSource::Rate(series) => match frame.point(*series) {
                Some(point) => point.stat(Stat::Rate, seconds),
                None => Some(0.0),
            },
            ChartSource::Failures(source, kind) if seconds > 0.0 => {
                let alike = |failure: &&crate::metrics::FailureCount| {
                    failure.key.source == *source && failure.key.kind == *kind
                };
                let count: u64 = frame.failures.iter().filter(alike).map(|f| f.count).sum();
                Some(count as f64 / seconds)
            }
            ChartSource::Cores if seconds > 0.0 => Some(frame.client.cpu.as_secs_f64() / seconds),
            ChartSource::Failures(..) | ChartSource::Cores => None,
            ChartSource::Memory => (frame.client.memory > 0).then_some(frame.client.memory as f64),
        }
    }
}

/// The charts of a record, in the order of the page.
pub(super) fn charts(record: &Record) -> Vec<Chart> {
    let lines = |metrics: &[(&str, &str)], source: fn(usize) -> ChartSource| -> Vec<ChartLine> {
        metrics
            .iter()
            .filter_map(|(metric, name)| {
                Some(ChartLine::new(*name, source(whole(record, metric)?)))
            })
            .collect()
    };
    let gauge = |series| ChartSource::Series(series, Stat::Value);
    let load = [("vus", "active VUs"), ("sse_streams", "open streams")];
    let starts = [
        ("http_reqs", "requests"),
        ("iterations", "iterations"),
        ("dropped_iterations", "dropped iterations"),
    ];
    let events = [
        ("sse_event", "events"),
        ("llm_output_tokens", "output tokens"),
    ];
    let data = [("data_received", "received"), ("data_sent", "sent")];
    let kinds = kinds(record).into_iter().map(|(source, kind)| {
        ChartLine::new(
            format!("{source} {kind}"),
            ChartSource::Failures(source, kind),
        )
    });
    let per_second = |id, title, unit, metrics: &[(&str, &str)]| {
        Chart::new(id, title, unit, lines(metrics, ChartSource::Rate))
    };
    let mut charts = vec![
        Chart::new("load", "VUs and open streams", Plain, lines(&load, gauge)),
        per_second("rates", "Requests and iterations", PerSecond, &starts),
        per_second("events", "Events and tokens", PerSecond, &events),
        Chart::new("failures", "Failures by kind", PerSecond, kinds.collect()),
        per_second("data", "Data", BytesPerSecond, &data),
    ];
    let trends = trends(record).into_iter();
    charts.extend(trends.map(|(series, title)| trend(record, series, &title)));
    charts.extend(server::charts(record));
    if let Some(lag) = whole(record, "client_lag") {
        let about = "How late ssel itself was. If it is large compared with the latencies, do not trust them.";
        let chart = trend(record, lag, "Lag of the client");
        charts.push(Chart { about, ..chart });
    }
    let own = [
        (
            "cores",
            "Processor cores used by ssel",
            Plain,
            ChartSource::Cores,
        ),
        ("memory", "Memory of ssel", Bytes, ChartSource::Memory),
    ];
    for (id, title, unit, source) in own {
        let line = ChartLine::new("ssel", source);
        let mut values = record.frames.iter().filter_map(|frame| line.value(frame));
        if values.any(|value| value > 0.0) {
            charts.push(Chart::new(id, title, unit, vec![line]));
        }
    }
    charts.retain(|chart| !chart.lines.is_empty());
    charts
}

/// The trends that have charts, with their titles: the most useful ones of ssel, then those of the script.
pub(super) fn trends(record: &Record) -> Vec<(usize, String)> {
    const FIRST: [(&str, &str); 9] = [
        ("llm_ttft", "Time to first token"),
        ("llm_tpot", "Time per output token"),
        ("llm_itl", "Inter-token latency"),
        ("llm_e2e", "Time of a whole reply"),
        ("sse_first_event", "Time to first event"),
        ("sse_event_gap", "Gap between events"),
        ("http_req_duration", "Duration of requests"),
        ("iteration_duration", "Duration of iterations"),
        ("schedule_delay", "Delay of starts"),
    ];
    let first = FIRST.iter().filter_map(|(metric, title)| {
        Some((whole(record, metric)?, format!("{title} ({metric})")))
    });
    let own = record.series.iter().enumerate().filter(|(at, info)| {
        let is_own =
            section_of(&info.metric) == SummarySection::Custom && builtin(&info.metric).is_none();
        let is_trend = info.kind == MetricKind::Trend && info.tags.is_empty();
        is_own && is_trend && has_samples(record, *at)
    });
    let own = own.map(|(at, info)| (at, info.metric.clone()));
    first.chain(own.take(MOST_CUSTOM)).collect()
}

/// The series of a metric as a whole, if it has samples.
pub(super) fn whole(record: &Record, metric: &str) -> Option<usize> {
    let series = record.find(metric, &Tags::new())?;
    has_samples(record, series).then_some(series)
}

fn has_samples(record: &Record, series: usize) -> bool {
    record.points(series).next().is_some()
}

fn trend(record: &Record, series: usize, title: &str) -> Chart {
    let line = |stat, name: &str, thin, color| ChartLine {
        name: name.to_owned(),
        source: ChartSource::Series(series, stat),
        thin,
        color: Some(color),
    };
    let info = &record.series[series];
    let lines = vec![
        line(P50, "p50", false, 0),
        line(Stat::Percentile(90.0), "p90", true, 0),
        line(P99, "p99", true, 0),
        line(Stat::Max, "max", true, 1),
    ];
    let id = format!("trend-{}", info.metric);
    Chart {
        log: info.unit == Unit::Time,
        bands: vec![(2, 0)],
        ..Chart::new(&id, title, FigureUnit::of(info.unit), lines)
    }
}

/// The most frequent kinds of failures, with their sources.
fn kinds(record: &Record) -> Vec<(String, String)> {
    let mut counts: std::collections::BTreeMap<(String, String), u64> =
        std::collections::BTreeMap::new();
    for failure in record.frames.iter().flat_map(|frame| &frame.failures) {
        let key = (failure.key.source.to_string(), failure.key.kind.to_string());
        *counts.entry(key).or_default() += failure.count;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
        .into_iter()
        .take(MOST_KINDS)
        .map(|(key, _)| key)
        .collect()
}

/// All charts over time, each with its sentence and its table.
pub(super) fn content(record: &Record) -> String {
    if record.frames.is_empty() {
        return String::new();
    }
    let rows = joined(&record.frames);
    let mut html = String::new();
    for chart in charts(record) {
        html += &chart.html(&rows);
        if let Some(map) = heat::of_chart(record, &chart.id) {
            html += &map.html();
        }
    }
    grid(&html)
}

/// The frames for a table; adjacent ones are merged until they fit.
fn joined(frames: &[Frame]) -> Vec<Frame> {
    let each = frames.len().div_ceil(MOST_ROWS).max(1);
    let join = |group: &[Frame]| {
        let mut all = group[0].clone();
        group[1..].iter().for_each(|frame| all.then(frame));
        all
    };
    frames.chunks(each).map(join).collect()
}

impl Chart {
    /// A chart on a linear scale.
    pub(super) fn new(id: &str, title: &str, unit: FigureUnit, lines: Vec<ChartLine>) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            about: "",
            unit,
            log: false,
            lines,
            bands: Vec::new(),
        }
    }

    fn html(&self, rows: &[Frame]) -> String {
        let mut table = Table::new(
            &format!("{} over time", self.title),
            std::iter::once("until").chain(self.lines.iter().map(|line| line.name.as_str())),
        );
        for row in rows {
            let until = Cell::text(clock(row.end().as_secs_f64()));
            let lines = self.lines.iter();
            let figures = lines.map(|line| Cell::of(line.value(row), self.unit));
            table
                .rows
                .push([until].into_iter().chain(figures).collect());
        }
        frame(
            &self.id,
            &self.title,
            self.about,
            &self.sentence(rows),
            false,
            &details("Table", &table.html()),
        )
    }

    /// A sentence that describes the chart: the range of each line, and the time of its maximum.
    fn sentence(&self, rows: &[Frame]) -> String {
        let mut parts = Vec::new();
        for line in &self.lines {
            let values: Vec<(f64, f64)> = rows
                .iter()
                .filter_map(|row| Some((row.end().as_secs_f64(), line.value(row)?)))
                .collect();
            let by_value = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
            let (Some(least), Some(most)) = (
                values.iter().min_by(by_value),
                values.iter().max_by(by_value),
            ) else {
                continue;
            };
            let (low, high) = (self.unit.show(least.1), self.unit.show(most.1));
            parts.push(if low == high {
                format!("{} {low} throughout", line.name)
            } else {
                format!(
                    "{} from {low} to {high}, greatest at {}",
                    line.name,
                    clock(most.0)
                )
            });
        }
        format!("{}: {}.", self.title, parts.join("; "))
    }
}

/// An element in which the script draws.
pub(super) fn frame(
    id: &str,
    title: &str,
    about: &str,
    sentence: &str,
    wide: bool,
    below: &str,
) -> String {
    let class = if wide { " class=\"wide\"" } else { "" };
    let (id, caption, sentence) = (escape(id), caption(title, about), escape(sentence));
    format!(
        "<figure id=\"chart-{id}\"{class}><figcaption>{caption}</figcaption><div class=\"plot\" tabindex=\"0\" role=\"img\" aria-label=\"{sentence}\"></div><noscript><p class=\"quiet\">{sentence}</p></noscript>{below}</figure>\n"
    )
}
