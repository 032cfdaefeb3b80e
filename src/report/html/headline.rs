//! The top of the page: title, verdict and key figures.

use crate::metrics::{ClientVerdict, Stat, Tags};
use crate::record::{Record, VerdictKind};
use crate::report::{Palette, client, timestamp};

use super::element::{self, escape};
use super::figure::{P50, P95, P99, clock};
use crate::report::number::FigureUnit::{self, PerSecond, Plain, Seconds, Share};

/// The title of the run.
pub(super) fn title(record: &Record) -> String {
    match record.runs.as_slice() {
        [] => "run".to_owned(),
        [run] => run.name.clone(),
        [first, rest @ ..] => format!("{} and {} more", first.name, rest.len()),
    }
}

/// The verdict and the most important figures.
pub(super) fn content(record: &Record) -> String {
    verdict(record) + &tiles(record)
}

/// The start and duration of the run, below the title.
pub(super) fn subtitle(record: &Record) -> String {
    let Some(run) = record.runs.first() else {
        return String::new();
    };
    let began = timestamp::utc(record.started());
    let took = clock(record.facts.duration.as_secs_f64());
    let labels: String = run
        .labels
        .iter()
        .map(|(name, value)| format!(" · {name}={value}"))
        .collect();
    escape(&format!("ssel {} · {began} · {took}{labels}", run.command))
}

/// The verdict on the run, and that on the client.
fn verdict(record: &Record) -> String {
    let end = record.runs.iter().find_map(|run| run.end.as_ref());
    let (class, text) = match end {
        None if record.runs.is_empty() => return String::new(),
        None => (
            "warn",
            "The run is not over, or was cut off: figures go up to its last second.".to_owned(),
        ),
        Some(end) if end.verdict == VerdictKind::Passed => ("good", "The run passed.".to_owned()),
        Some(end) if end.reason.is_empty() => {
            ("bad", format!("The run ended with: {}.", end.verdict))
        }
        Some(end) => (
            "bad",
            format!("The run ended with: {} ({}).", end.verdict, end.reason),
        ),
    };
    let mut html = element::verdict(class, &text);
    if let Some(judgement) = &record.client {
        let is_ok = judgement.verdict == ClientVerdict::Ok;
        let lines = client::lines(judgement, None, &Palette::PLAIN);
        let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
        let class = if is_ok { "good" } else { "bad" };
        html += &element::verdict(class, &lines.join("\n"));
    }
    let notes = record.notes.iter();
    html + &notes
        .map(|note| element::verdict("warn", note))
        .collect::<String>()
}

/// A few figures in large type: those of a language model, of streams and of requests.
fn tiles(record: &Record) -> String {
    const TILES: [(&str, Stat, &str, FigureUnit); 14] = [
        ("llm_ttft", P50, "TTFT, median", Seconds),
        ("llm_ttft", P99, "TTFT, p99", Seconds),
        ("llm_tpot", P50, "TPOT, median", Seconds),
        ("llm_output_tokens", Stat::Rate, "Output tokens", PerSecond),
        ("llm_goodput", Stat::Rate, "Goodput", PerSecond),
        ("sse_event", Stat::Count, "Events", Plain),
        ("sse_first_event", P95, "First event, p95", Seconds),
        ("sse_event_gap", P99, "Event gap, p99", Seconds),
        ("http_reqs", Stat::Count, "Requests", Plain),
        ("http_reqs", Stat::Rate, "Request rate", PerSecond),
        ("http_req_duration", P95, "Duration, p95", Seconds),
        ("http_req_failed", Stat::Rate, "Failed requests", Share),
        ("vus", Stat::Value, "VUs", Plain),
        ("iterations", Stat::Count, "Iterations", Plain),
    ];
    const MOST: usize = 8;
    let seconds = record.facts.duration.as_secs_f64();
    let tile = |(metric, stat, name, unit): &(&str, Stat, &str, FigureUnit)| {
        let value = match *metric {
            "vus" => (record.facts.vus > 0).then_some(record.facts.vus as f64),
            metric => record
                .total(metric, &Tags::new())
                .and_then(|sink| sink.stat(*stat, seconds)),
        };
        let value = escape(&unit.show_short(value?));
        Some(format!("<div><dt>{name}</dt><dd>{value}</dd></div>"))
    };
    let tiles: String = TILES.iter().filter_map(tile).take(MOST).collect();
    if tiles.is_empty() {
        return String::new();
    }
    format!("<dl class=\"tiles\">{tiles}</dl>")
}
