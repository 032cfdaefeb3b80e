//! The summary of a saved run as text.

use crate::metrics::TimeUnit;
use crate::record::{Record, VerdictKind};
use crate::report::style::{Palette, paint};
use crate::report::timestamp::utc;
use crate::report::{Mode, TextOptions, seconds, text};
use crate::units::visible;

/// The summary of a saved run as the run printed it, below a line that describes the run.
pub(crate) fn record_text(record: &Record, palette: &Palette) -> String {
    let options = text_options(record, *palette);
    let title = paint(palette.title, &format!("  {}", visible(&title(record))));
    format!("\n{title}\n{}", text(&record.summary(), &options))
}

/// The line that describes the run.
pub(super) fn title(record: &Record) -> String {
    let Some(run) = record.runs.first() else {
        return String::new();
    };
    let verdict = run
        .end
        .as_ref()
        .map_or(VerdictKind::CutOff, |end| end.verdict);
    let mut parts = vec![
        format!("ssel {} {}", run.command, run.name),
        utc(run.started),
        seconds(record.facts.duration.as_secs_f64()),
        verdict.to_string().replace('_', " "),
    ];
    match (record.runs.len(), run.part) {
        (1, None) => {}
        (1, Some(part)) => parts.push(format!("part {part}")),
        (count, _) => parts.push(format!("{count} parts")),
    }
    let labels = run.labels.iter();
    parts.extend(labels.map(|(name, value)| format!("{name}={value}")));
    parts.join(" · ")
}

/// The summary options of the run itself; the full mode if it printed no summary.
pub(crate) fn text_options(record: &Record, palette: Palette) -> TextOptions {
    let options = record.runs.first().map(|run| &run.options);
    let word = |key: &str| options.and_then(|options| options.get(key)?.as_str());
    TextOptions {
        mode: match word("summary_mode") {
            Some("full") => Mode::Full,
            _ => Mode::Compact,
        },
        trend_stats: record.summary().trend_stats,
        time_unit: word("summary_time_unit").and_then(TimeUnit::parse),
        palette,
    }
}
