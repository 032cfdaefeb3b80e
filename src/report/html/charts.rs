//! The charts over time: which there are, the figure of each frame, and the table that says the same.

use crate::metrics::{Kind, Stat, Tags, Unit};
use crate::record::{Frame, Record};

use super::element::{Cell, Table, details, escape};
use super::figure::{ChartUnit, clock};
use super::{heat, server};

/// More rows than this are not read; a longer table has rows of several frames each.
const MOST_ROWS: usize = 60;
/// Kinds of failures that have a line of their own.
const MOST_KINDS: usize = 6;
/// Metrics of the script itself that have a chart.
const MOST_CUSTOM: usize = 8;

/// One chart.
pub(super) struct Chart {
    /// Its id in the page.
    pub(super) id: String,
    pub(super) title: String,
    /// What there is to say below the title.
    pub(super) about: &'static str,
    pub(super) unit: ChartUnit,
    /// Whether its scale is logarithmic.
    pub(super) log: bool,
    pub(super) lines: Vec<Line>,
    /// Pairs of lines, upper and lower, with the space between them filled.
    pub(super) bands: Vec<(usize, usize)>,
}

/// One line of a chart.
pub(super) struct Line {
    pub(super) name: String,
    source: Source,
    pub(super) thin: bool,
    pub(super) color: Option<usize>,
}

/// Where the figures of a line come from.
pub(super) enum Source {
    /// A figure of a series.
    Series(usize, Stat),
    /// A counter, which is zero where it has no samples.
    Rate(usize),
    /// Failures of a source and kind per second.
    Failures(String, String),
    /// Cores that the process used.
    Cores,
    /// Memory of the process.
    Memory,
}

impl Line {
    pub(super) fn new(name: impl Into<String>, source: Source) -> Self {
        Self {
            name: name.into(),
            source,
            thin: false,
            color: None,
        }
    }

    /// Its figure of one frame; `None` where there is none.
    pub(super) fn value(&self, frame: &Frame) -> Option<f64> {
        let seconds = frame.length.as_secs_f64();
        match &self.source {
            Source::Series(series, stat) => frame.point(*series)?.stat(*stat, seconds),
            Source::Rate(series) => match frame.point(*series) {
                Some(point) => point.stat(Stat::Rate, seconds),
                None => Some(0.0),
            },
            Source::Failures(source, kind) if seconds > 0.0 => {
                let alike = |failure: &&crate::metrics::Failure| {
                    failure.key.source == *source && failure.key.kind == *kind
                };
                let count: u64 = frame.failures.iter().filter(alike).map(|f| f.count).sum();
                Some(count as f64 / seconds)
            }
            Source::Cores if seconds > 0.0 => Some(frame.client.cpu.as_secs_f64() / seconds),
            Source::Failures(..) | Source::Cores => None,
            Source::Memory => (frame.client.memory > 0).then_some(frame.client.memory as f64),
        }
    }
}

/// The charts of a record, in the order of the page.
#[expect(clippy::too_many_lines, reason = "it is a list")]
pub(super) fn charts(record: &Record) -> Vec<Chart> {
    let has = |metric: &str| {
        record
            .find(metric, &Tags::new())
            .filter(|at| has_samples(record, *at))
    };
    let lines = |metrics: &[(&str, &str)], source: fn(usize) -> Source| -> Vec<Line> {
        metrics
            .iter()
            .filter_map(|(metric, name)| Some(Line::new(*name, source(has(metric)?))))
            .collect()
    };
    let gauge = |series| Source::Series(series, Stat::Value);
    let mut charts = Vec::new();
    let mut add = |id: &str, title: &str, unit, lines: Vec<Line>| {
        if !lines.is_empty() {
            charts.push(Chart {
                id: id.to_owned(),
                title: title.to_owned(),
                about: "",
                unit,
                log: false,
                lines,
                bands: Vec::new(),
            });
        }
    };
    let load = lines(
        &[("vus", "VUs at work"), ("sse_streams", "open streams")],
        gauge,
    );
    add("load", "VUs and open streams", ChartUnit::Plain, load);
    let starts = [
        ("http_reqs", "requests"),
        ("iterations", "iterations"),
        ("dropped_iterations", "dropped iterations"),
    ];
    add(
        "rates",
        "Requests and iterations",
        ChartUnit::PerSecond,
        lines(&starts, Source::Rate),
    );
    let events = [
        ("sse_event", "events"),
        ("llm_output_tokens", "output tokens"),
    ];
    add(
        "events",
        "Events and tokens",
        ChartUnit::PerSecond,
        lines(&events, Source::Rate),
    );
    let kinds = kinds(record).into_iter().map(|(source, kind)| {
        Line::new(format!("{source} {kind}"), Source::Failures(source, kind))
    });
    add(
        "failures",
        "Failures by kind",
        ChartUnit::PerSecond,
        kinds.collect(),
    );
    let data = [("data_received", "received"), ("data_sent", "sent")];
    add(
        "data",
        "Data",
        ChartUnit::BytesPerSecond,
        lines(&data, Source::Rate),
    );
    charts.extend(
        trends(record)
            .into_iter()
            .map(|(series, title)| trend(record, series, title)),
    );
    charts.extend(server::charts(record));
    if let Some(lag) = has("client_lag") {
        let mut chart = trend(record, lag, "Lag of the client".to_owned());
        chart.about = "How late ssel itself was. Latencies are not to be trusted where it is large beside them.";
        charts.push(chart);
    }
    let mut add = |id: &str, title: &str, unit, source| {
        charts.push(Chart {
            id: id.to_owned(),
            title: title.to_owned(),
            about: "",
            unit,
            log: false,
            lines: vec![Line::new("ssel", source)],
            bands: Vec::new(),
        });
    };
    if record
        .frames
        .iter()
        .any(|frame| !frame.client.cpu.is_zero())
    {
        add(
            "cores",
            "Processor cores that ssel used",
            ChartUnit::Plain,
            Source::Cores,
        );
    }
    if record.frames.iter().any(|frame| frame.client.memory > 0) {
        add("memory", "Memory of ssel", ChartUnit::Bytes, Source::Memory);
    }
    charts
}

/// The trends that have charts of their own, with their titles: those of ssel that answer most questions, then those of
/// the script.
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
    let find = |metric: &str| {
        let at = record.find(metric, &Tags::new())?;
        has_samples(record, at).then_some(at)
    };
    let first = FIRST
        .iter()
        .filter_map(|(metric, title)| Some((find(metric)?, format!("{title} ({metric})"))));
    let own = record.series.iter().enumerate().filter(|(at, info)| {
        let prefix = [
            "http_",
            "sse_",
            "llm_",
            "iteration",
            "client_",
            "schedule_",
            "group_",
        ];
        info.kind == Kind::Trend
            && info.tags.is_empty()
            && !prefix.iter().any(|prefix| info.metric.starts_with(prefix))
            && has_samples(record, *at)
    });
    first
        .chain(
            own.take(MOST_CUSTOM)
                .map(|(at, info)| (at, info.metric.clone())),
        )
        .collect()
}

pub(super) fn has_samples(record: &Record, series: usize) -> bool {
    record.points(series).next().is_some()
}

fn trend(record: &Record, series: usize, title: String) -> Chart {
    let percentile = |percent, name: &str, thin, color| Line {
        name: name.to_owned(),
        source: Source::Series(series, Stat::Percentile(percent)),
        thin,
        color: Some(color),
    };
    let info = &record.series[series];
    Chart {
        id: format!("trend-{}", info.metric),
        title,
        about: "",
        unit: ChartUnit::of(info.unit),
        log: info.unit == Unit::Time,
        lines: vec![
            percentile(50.0, "p50", false, 0),
            percentile(90.0, "p90", true, 0),
            percentile(99.0, "p99", true, 0),
            Line {
                name: "max".to_owned(),
                source: Source::Series(series, Stat::Max),
                thin: true,
                color: Some(1),
            },
        ],
        bands: vec![(2, 0)],
    }
}

/// The kinds of failures that came most often, with their sources.
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
    let mut html = String::from("<div class=\"charts\">");
    for chart in charts(record) {
        html += &chart.html(&rows);
        if let Some(map) = heat::of_chart(record, &chart.id) {
            html += &map.html();
        }
    }
    html + "</div>"
}

/// Frames for a table: neighbours are joined until there are few enough.
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
    fn html(&self, rows: &[Frame]) -> String {
        let mut table = Table::new(
            &format!("{} over time", self.title),
            std::iter::once("until").chain(self.lines.iter().map(|line| line.name.as_str())),
        );
        for row in rows {
            let at = row.end().as_secs_f64();
            let figures = self
                .lines
                .iter()
                .map(|line| Cell::figure(line.value(row), |value| self.unit.show(value)));
            table.rows.push(
                std::iter::once(Cell::text(clock(at)))
                    .chain(figures)
                    .collect(),
            );
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

    /// What the chart shows, in a sentence: for each line its range, and when it was greatest.
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

/// A figure with a place for the script to draw in.
pub(super) fn frame(
    id: &str,
    title: &str,
    about: &str,
    sentence: &str,
    wide: bool,
    below: &str,
) -> String {
    let class = if wide { " class=\"wide\"" } else { "" };
    let about = match about {
        "" => String::new(),
        about => format!("<small>{}</small>", escape(about)),
    };
    let (id, title, sentence) = (escape(id), escape(title), escape(sentence));
    format!(
        "<figure id=\"chart-{id}\"{class}><figcaption>{title}{about}</figcaption><div class=\"plot\" tabindex=\"0\" role=\"img\" aria-label=\"{sentence}\"></div><noscript><p class=\"quiet\">{sentence}</p></noscript>{below}</figure>\n"
    )
}
