//! The parts of a joined run as a table.

use std::time::Duration;

use super::columns::aligned;
use super::number::figure;
use super::style::{Palette, paint};
use crate::metrics::{ClientVerdict, PartOutcome, PartSummary, TimeUnit, Unit};
use crate::units::{format_duration, visible};

/// The parts of a joined run as text; empty for any other run.
pub(crate) fn parts_text(
    parts: &[PartSummary],
    skew: Option<Duration>,
    palette: &Palette,
) -> String {
    let lines = lines((parts, skew), None, palette);
    lines
        .into_iter()
        .flat_map(|line| [line, "\n".to_owned()])
        .collect()
}

/// A title with the start skew, a line for each part and an empty line; nothing for a run that was not joined.
pub(super) fn lines(
    (parts, skew): (&[PartSummary], Option<Duration>),
    times: Option<TimeUnit>,
    palette: &Palette,
) -> Vec<String> {
    if parts.is_empty() {
        return Vec::new();
    }
    let skew = skew.map_or(String::new(), |skew| {
        let skew = figure(skew.as_secs_f64(), Unit::Time, times);
        format!("  start skew {skew} over {} parts", parts.len())
    });
    let mut lines = vec![format!("{}{skew}", paint(palette.title, "PARTS"))];
    let heads = [
        "part",
        "host",
        "vus",
        "iterations",
        "requests",
        "events",
        "failures",
    ];
    let rows: Vec<[String; 7]> = parts.iter().map(cells).collect();
    let mut rows = aligned(&heads, &rows, 1).into_iter();
    lines.extend(rows.next().map(|head| head + "  client"));
    for (part, row) in parts.iter().zip(rows) {
        lines.push(format!("{row}  {}", verdict(part, palette)));
    }
    let indented = lines.iter().map(|line| format!("    {line}"));
    indented.chain([String::new()]).collect()
}

fn cells(part: &PartSummary) -> [String; 7] {
    [
        part.part.to_string(),
        visible(&part.host).into_owned(),
        part.vus.to_string(),
        part.iterations.to_string(),
        part.requests.to_string(),
        part.events.to_string(),
        part.failures.to_string(),
    ]
}

fn verdict(part: &PartSummary, palette: &Palette) -> String {
    let until = format_duration(Duration::from_secs(part.until.as_secs()));
    match (part.end, part.client) {
        (PartOutcome::Lost, _) => paint(palette.bad, &format!("lost after {until}")),
        (PartOutcome::Interrupted, _) => paint(palette.bad, &format!("interrupted after {until}")),
        (_, Some(ClientVerdict::Limited)) => paint(palette.bad, "limited"),
        (_, Some(ClientVerdict::Ok)) => paint(palette.good, "ok"),
        (_, None) => "unknown".to_owned(),
    }
}
