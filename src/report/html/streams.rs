//! Sampled streams as lines with phases, events, stalls and end.

use std::time::Duration;

use serde_json::{Value, json};

use crate::metrics::SampledStream;
use crate::record::Record;

use super::charts::frame;
use super::element::{Cell, Table, details};
use super::figure::clock;
use crate::report::number::FigureUnit;

/// The maximum number of lanes; more could not be distinguished.
const MOST_LANES: usize = 400;
/// Rows of the table.
const MOST_ROWS: usize = 100;
/// A gap this many times the median gap of its stream is a stall.
const STALL: f64 = 3.0;
/// Shorter gaps are not stalls, whatever the others are.
const LEAST_STALL: Duration = Duration::from_millis(50);

/// The lanes, and a table of the longest and the failed streams.
pub(super) fn content(record: &Record) -> String {
    if record.streams.is_empty() {
        return String::new();
    }
    let shown = shown(record);
    let failed = record
        .streams
        .iter()
        .filter(|stream| stream.failed())
        .count();
    let sentence = format!(
        "{} of {} streams as lines, {failed} of the sampled ones failed. The table below has those that failed and those that waited longest.",
        shown.len(),
        record.streams_seen.max(record.streams.len() as u64),
    );
    let about = "Grey: connecting; yellow: waiting for the first byte; blue: open, with its events; orange: a stall; red end: failed.";
    frame(
        "streams",
        "Streams as lines",
        about,
        &sentence,
        true,
        &details("Table", &table(record)),
    )
}

/// The lanes for the script in the page.
pub(super) fn data(record: &Record) -> Vec<Value> {
    if record.streams.is_empty() {
        return Vec::new();
    }
    let streams: Vec<Value> = shown(record).into_iter().map(lane).collect();
    let end = record
        .streams
        .iter()
        .map(|stream| stream.start + stream.duration)
        .max()
        .unwrap_or_default();
    vec![
        json!({ "id": "streams", "end": seconds(end.max(record.facts.duration)), "streams": streams }),
    ]
}

/// The streams that have a lane: the failed ones, then others spread evenly over the sample, sorted by start.
fn shown(record: &Record) -> Vec<&SampledStream> {
    let (failed, others): (Vec<_>, Vec<_>) =
        record.streams.iter().partition(|stream| stream.failed());
    let mut shown: Vec<&SampledStream> = failed.into_iter().take(MOST_LANES / 2).collect();
    let room = MOST_LANES - shown.len();
    let each = others.len().div_ceil(room.max(1)).max(1);
    shown.extend(others.into_iter().step_by(each));
    shown.sort_by_key(|stream| (stream.start, stream.id));
    shown
}

fn lane(stream: &SampledStream) -> Value {
    let phases = &stream.phases;
    let connect = phases.blocked + phases.lookup + phases.connecting + phases.tls;
    let first_byte = connect + phases.sending + phases.waiting;
    let times: Vec<f64> = stream.event_times.iter().map(|at| seconds(*at)).collect();
    json!({
        "name": stream.name, "start": seconds(stream.start), "connect": seconds(connect),
        "first_byte": seconds(first_byte.min(stream.duration)), "first_event": stream.first_event.map(seconds),
        "duration": seconds(stream.duration), "count": stream.events, "events": times, "end": stream.end,
        "error": if stream.failed() { Some(stream.end.as_ref()) } else { None },
        "stalls": stalls(stream),
    })
}

/// The stalls of a stream that its kept events and its longest gap show.
fn stalls(stream: &SampledStream) -> Vec<[f64; 2]> {
    let times = &stream.event_times;
    let mut gaps: Vec<Duration> = times
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]))
        .collect();
    gaps.sort_unstable();
    let median = gaps.get(gaps.len() / 2).copied().unwrap_or_default();
    let is_stall = |gap: Duration| gap > LEAST_STALL && gap > median.mul_f64(STALL);
    let mut stalls: Vec<[f64; 2]> = times
        .windows(2)
        .filter(|pair| is_stall(pair[1].saturating_sub(pair[0])))
        .map(|pair| [seconds(pair[0]), seconds(pair[1])])
        .collect();
    if let (Some(gap), Some(at)) = (stream.longest_gap, stream.longest_gap_at)
        && is_stall(gap)
        && !stalls
            .iter()
            .any(|[from, to]| *from <= seconds(at) && seconds(at) < *to)
    {
        stalls.push([seconds(at), seconds(at + gap)]);
    }
    stalls
}

fn table(record: &Record) -> String {
    let mut streams: Vec<&SampledStream> = record.streams.iter().collect();
    streams.sort_by_key(|stream| {
        (
            !stream.failed(),
            std::cmp::Reverse(stream.longest_gap.max(stream.first_event)),
        )
    });
    let head = [
        "stream",
        "began",
        "first event",
        "longest gap",
        "events",
        "duration",
        "end",
        "message",
    ];
    let mut table =
        Table::new("Streams that failed, and those that waited longest", head).sortable();
    let time =
        |time: Option<Duration>| Cell::of(time.map(|time| time.as_secs_f64()), FigureUnit::Seconds);
    for stream in streams.into_iter().take(MOST_ROWS) {
        let end = stream.end.to_string();
        table.rows.push(vec![
            Cell::text(format!("{} {}", stream.id, stream.name)),
            Cell::figure(Some(stream.start.as_secs_f64()), clock),
            time(stream.first_event),
            time(stream.longest_gap),
            Cell::count(stream.events),
            time(Some(stream.duration)),
            Cell::Word(end, if stream.failed() { "bad-text" } else { "" }),
            Cell::text(&stream.error),
        ]);
    }
    table.html()
}

/// Rounds to a tenth of a millisecond.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e4).round() / 1e4
}
