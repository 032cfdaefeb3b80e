//! The page of a sweep: the throughput of an LLM server at each level of load.

use serde_json::json;

use crate::compare;
use crate::llm::Hardware;
use crate::metrics::{ClientVerdict, Stat, Tags};
use crate::record::Record;
use crate::statistics::ConfidenceInterval;

use super::element::{Cell, Table, details, escape, figure, grid, verdict};
use super::figure::{P50, P99};
use super::svg::{Plot, Scale};
use super::{Document, assemble, headline};
use crate::report::number::FigureUnit::{self, PerSecond, Plain, Seconds};

/// A run of a sweep.
#[derive(Debug)]
pub(crate) struct SweepLevel {
    /// Its record.
    pub record: Record,
    /// The duration of the load in seconds, without warm-up.
    pub seconds: f64,
}

/// The option of a saved level with the duration of its load, in seconds.
pub(crate) const LOAD_SECONDS: &str = "load_seconds";
/// The option of a saved level with the minimum interactivity, in tokens per second.
pub(crate) const GOAL: &str = "interactivity_goal";

/// A point of the curve: one level.
struct Level<'a> {
    name: String,
    record: &'a Record,
    /// Output tokens per second of all replies together, or per accelerator if their number is known, with the interval.
    throughput: ConfidenceInterval,
    /// Output tokens per second that one user sees: the inverse of the median time per output token.
    interactivity: ConfidenceInterval,
}

/// The page of a record of several loads.
pub(super) fn page_of_levels(all: &Record, levels: Vec<Record>) -> String {
    let option = |record: &Record, name: &str| {
        let options = record.runs.first()?.options.get(name)?;
        options.as_f64()
    };
    let goal = levels.first().and_then(|level| option(level, GOAL));
    let run = |record: Record| SweepLevel {
        seconds: option(&record, LOAD_SECONDS)
            .unwrap_or_else(|| record.time_of("llm_requests").as_secs_f64()),
        record,
    };
    let runs: Vec<SweepLevel> = levels.into_iter().map(run).collect();
    page(&runs, goal, &all.notes)
}

/// The page of the levels of a sweep, in their order. `goal` is the minimum interactivity, in tokens per second.
///
/// Interactivity is the inverse of the median `llm_tpot`, throughput the rate of `llm_output_tokens`. Boxes are 95 %
/// intervals by sections of the run; a run that is too short has none.
pub(crate) fn sweep_page(runs: &[SweepLevel], goal: Option<f64>) -> String {
    page(runs, goal, &[])
}

fn page(runs: &[SweepLevel], goal: Option<f64>, notes: &[String]) -> String {
    let levels: Vec<Level<'_>> = runs.iter().filter_map(level).collect();
    let mut top: String = notes.iter().map(|note| verdict("bad", note)).collect();
    for level in &levels {
        let client = level.record.client.as_ref();
        if client.is_some_and(|client| client.verdict == ClientVerdict::Limited) {
            let text = "the client was the limit: its figures may be caused by ssel.";
            top += &verdict("bad", &format!("{}: {text}", level.name));
        }
    }
    let curve = match levels.as_slice() {
        [] => "<p>No level has a reply with more than one token.</p>".to_owned(),
        levels => grid(&(frontier(levels, goal) + &latency(runs))),
    };
    let first = runs.first().map(|run| &run.record);
    assemble(&Document {
        heading: &first.map_or_else(String::new, headline::title),
        subtitle: &first.map_or_else(String::new, headline::subtitle),
        top: &top,
        sections: vec![
            ("curve", "Throughput and latency by load", curve),
            ("levels", "Levels", table(runs)),
        ],
        data: &json!({ "t": [], "len": [], "charts": [] }),
        events: None,
    })
}

/// The name of a level: its load.
fn name(record: &Record) -> String {
    record
        .load()
        .map_or_else(|| headline::title(record), str::to_owned)
}

/// The hardware of the server of a level.
fn hardware(record: &Record) -> Option<Hardware> {
    Hardware::of_labels(&record.runs.first()?.labels)
}

fn level(run: &SweepLevel) -> Option<Level<'_>> {
    let record = &run.record;
    let exactly = |value: f64| ConfidenceInterval {
        value,
        low: value,
        high: value,
    };
    let figure = |metric: &str, stat: Stat| {
        let value = value(run, metric, stat)?;
        let series = record.find(metric, &Tags::new())?;
        let interval = compare::interval(record, series, stat);
        // The interval is that of the whole run; its relative width is the same for the time of the load.
        Some(interval.map_or(exactly(value), |i| i.map(|end| end / i.value * value)))
    };
    let tpot = figure("llm_tpot", P50).filter(|tpot| tpot.low > 0.0)?;
    let gpus = hardware(record).map_or(1.0, |hardware| hardware.gpus as f64);
    let throughput = figure("llm_output_tokens", Stat::Rate)?;
    Some(Level {
        name: name(record),
        record,
        throughput: throughput.map(|tokens| tokens / gpus),
        interactivity: ConfidenceInterval {
            value: 1.0 / tpot.value,
            low: 1.0 / tpot.high,
            high: 1.0 / tpot.low,
        },
    })
}

/// A figure of a metric as a whole; counters without a sample are zero.
fn value(run: &SweepLevel, metric: &str, stat: Stat) -> Option<f64> {
    match run.record.total(metric, &Tags::new()) {
        Some(sink) => sink.stat(stat, run.seconds),
        None => (stat == Stat::Count).then_some(0.0),
    }
}

/// Throughput against interactivity: up and to the right is better.
fn frontier(levels: &[Level<'_>], goal: Option<f64>) -> String {
    let points: Vec<(f64, f64)> = levels
        .iter()
        .map(|level| (level.interactivity.value, level.throughput.value))
        .collect();
    let x = Scale::linear(
        levels
            .iter()
            .map(|level| level.interactivity.high)
            .chain(goal),
    );
    let y = Scale::linear(levels.iter().map(|level| level.throughput.high));
    let best: Vec<&Level<'_>> = levels
        .iter()
        .filter(|level| is_best(level, levels))
        .collect();
    let mut front: Vec<(f64, f64)> = best
        .iter()
        .map(|level| (level.interactivity.value, level.throughput.value))
        .collect();
    front.sort_by(|a, b| a.0.total_cmp(&b.0));
    let names: Vec<&str> = best.iter().map(|level| level.name.as_str()).collect();
    let of = match levels.first().and_then(|level| hardware(level.record)) {
        Some(_) => "of one GPU",
        None => "of all replies",
    };
    let sentence = format!(
        "Output tokens per second {of} against tokens per second and user. No level is better in both than these: {}.",
        names.join("; ")
    );
    let mut plot = Plot::new(x, y)
        .x_axis(&x.ticks(PerSecond))
        .y_axis(PerSecond);
    if let Some(goal) = goal {
        plot = plot.region_from(goal);
    }
    for level in levels {
        let ConfidenceInterval { low, high, .. } = level.throughput;
        let ends = [level.interactivity.low, level.interactivity.high];
        plot = plot.band(1, &ends.map(|at| (at, low, high)));
    }
    let plot = plot
        .line(0, &front)
        .dots(1, points, 4.0)
        .named(0, "best levels")
        .named(1, "levels, with their intervals")
        .html(&sentence);
    let about = match goal {
        Some(goal) => format!("Green: at least {} for each user.", PerSecond.show(goal)),
        None => "Up and to the right is better.".to_owned(),
    };
    let about = format!(
        "Output tokens per second {of}, against tokens per second and user (1 / median TPOT). {about}"
    );
    let list = levels
        .iter()
        .map(|level| format!("<li>{}</li>", escape(&spoken(level))));
    let list = format!("<ul>{}</ul>", list.collect::<String>());
    let content = plot + &details("As a list", &list);
    figure("Throughput against interactivity", &about, &content)
}

fn spoken(level: &Level<'_>) -> String {
    // An interval rarely justifies more than two digits.
    let shown = |value: f64| PerSecond.show_short(value);
    format!(
        "{}: {} {}, {} for each user",
        level.name,
        shown(level.throughput.value),
        if hardware(level.record).is_some() {
            "for each GPU"
        } else {
            "in all"
        },
        shown(level.interactivity.value)
    )
}

/// Whether no other level is better in one figure and not worse in the other.
fn is_best(level: &Level<'_>, levels: &[Level<'_>]) -> bool {
    !levels.iter().any(|other| {
        let (x, y) = (other.interactivity.value, other.throughput.value);
        let (own_x, own_y) = (level.interactivity.value, level.throughput.value);
        x >= own_x && y >= own_y && (x > own_x || y > own_y)
    })
}

/// The time to the first token against the rate of requests.
fn latency(runs: &[SweepLevel]) -> String {
    let line = |stat: Stat| -> Vec<(f64, f64)> {
        let point = |run: &SweepLevel| {
            Some((
                value(run, "llm_requests", Stat::Rate)?,
                value(run, "llm_ttft", stat)?,
            ))
        };
        runs.iter().filter_map(point).collect()
    };
    let (median, p99) = (line(P50), line(P99));
    let x = Scale::linear(median.iter().map(|(rate, _)| *rate));
    let y = Scale::linear(p99.iter().map(|(_, ttft)| *ttft));
    let most = p99.iter().map(|(_, ttft)| *ttft).fold(0.0, f64::max);
    let sentence = format!(
        "Time to first token against requests per second; the greatest p99 is {}.",
        Seconds.show(most)
    );
    let plot = Plot::new(x, y)
        .x_axis(&x.ticks(PerSecond))
        .y_axis(Seconds)
        .line(0, &median)
        .line(1, &p99)
        .dots(0, median.iter().copied(), 3.0)
        .dots(1, p99.iter().copied(), 3.0)
        .named(0, "median")
        .named(1, "p99")
        .html(&sentence);
    let title = "Time to first token against requests per second";
    figure(title, "The table below has the figures.", &plot)
}

fn table(runs: &[SweepLevel]) -> String {
    const COLUMNS: [(&str, &str, Stat, FigureUnit); 8] = [
        ("requests/s", "llm_requests", Stat::Rate, PerSecond),
        (
            "output tokens/s",
            "llm_output_tokens",
            Stat::Rate,
            PerSecond,
        ),
        ("goodput/s", "llm_goodput", Stat::Rate, PerSecond),
        ("TTFT p50", "llm_ttft", P50, Seconds),
        ("TTFT p99", "llm_ttft", P99, Seconds),
        ("TPOT p50", "llm_tpot", P50, Seconds),
        ("E2E p99", "llm_e2e", P99, Seconds),
        ("failed", "llm_errors", Stat::Count, Plain),
    ];
    const ECONOMICS: [&str; 4] = [
        "tokens/s per GPU",
        "tokens/s per user",
        "$/M tokens",
        "J/token",
    ];
    let has_hardware = runs.iter().any(|run| hardware(&run.record).is_some());
    let economics = if has_hardware { &ECONOMICS[..] } else { &[] };
    let head = std::iter::once("level")
        .chain(COLUMNS.iter().map(|(title, ..)| *title))
        .chain(economics.iter().copied());
    let mut table = Table::new("Figures of each level", head).sortable();
    for run in runs {
        let cells = COLUMNS
            .iter()
            .map(|(_, metric, stat, unit)| Cell::of(value(run, metric, *stat), *unit));
        let costs = has_hardware.then(|| costs(run)).into_iter().flatten();
        table.rows.push(
            std::iter::once(Cell::text(name(&run.record)))
                .chain(cells)
                .chain(costs)
                .collect(),
        );
    }
    table.html()
}

/// Tokens per second and per dollar, if the hardware of the server is known.
fn costs(run: &SweepLevel) -> [Cell; 4] {
    let found = hardware(&run.record).and_then(|hardware| {
        let tokens = value(run, "llm_output_tokens", Stat::Rate)?;
        let (cost, energy) = hardware.costs(tokens);
        Some((tokens / hardware.gpus as f64, cost, energy))
    });
    let tpot = value(run, "llm_tpot", P50).filter(|tpot| *tpot > 0.0);
    let number = |value: Option<f64>| Cell::figure(value, |value| format!("{value:.2}"));
    [
        number(found.map(|(tokens, ..)| tokens)),
        number(tpot.map(|tpot| 1.0 / tpot)),
        number(found.and_then(|(_, cost, _)| cost)),
        number(found.and_then(|(.., energy)| energy)),
    ]
}
