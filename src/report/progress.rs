//! The progress lines of a run.

use std::time::Duration;

use anstyle::Style;

use super::style::{Line, Palette, width};
use crate::vu::ScenarioStatus;

/// The progress of a run, from which its progress lines are made.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Progress {
    /// Time since the start of the run.
    pub elapsed: Duration,
    /// The maximum duration of the run, graceful stop included; `None` if it is unlimited.
    pub max_duration: Option<Duration>,
    /// Active VUs.
    pub vus: u64,
    /// The maximum number of VUs.
    pub max_vus: u64,
    /// Completed iterations.
    pub complete: u64,
    /// Interrupted iterations.
    pub interrupted: u64,
    /// The phase: `running`, or another word during setup and teardown.
    pub phase: String,
    /// The current rate of iterations per second.
    pub iteration_rate: Option<f64>,
    /// The current rate of events per second.
    pub event_rate: Option<f64>,
    /// The remaining regular duration.
    pub eta: Option<Duration>,
    /// The scenarios.
    pub scenarios: Vec<ScenarioProgress>,
}

/// The progress of a scenario.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ScenarioProgress {
    /// Its name.
    pub name: String,
    /// Its state.
    pub status: ScenarioStatus,
    /// The completed share, from 0 to 1.
    pub done: f64,
    /// Further columns: VUs, times, iterations.
    pub columns: Vec<String>,
}

fn mark(status: ScenarioStatus, palette: &Palette) -> (Style, char) {
    match status {
        ScenarioStatus::Waiting => (palette.extra, '•'),
        ScenarioStatus::Running => (Style::new(), ' '),
        ScenarioStatus::Stopping => (palette.warning, '↓'),
        ScenarioStatus::Done => (palette.good, '✓'),
        ScenarioStatus::Interrupted => (palette.bad, '✗'),
    }
}

/// The number of cells of a bar, if there is room.
const BAR: usize = 38;
/// A bar with at most this number of cells is replaced by a number.
const SHORTEST_BAR: usize = 8;
const ITERATIONS: &str = " iterations";
/// Longer names of scenarios are cut.
const LONGEST_NAME: usize = 30;

/// The progress lines: one for the run, or two on a narrow screen, and one for each scenario, none wider than `columns`.
/// Columns that do not fit are omitted, so that no line wraps.
pub(crate) fn progress(progress: &Progress, columns: usize, palette: &Palette) -> Vec<String> {
    // Some terminals wrap when the last column is written to.
    let columns = columns.saturating_sub(1);
    let scenarios = scenario_lines(&progress.scenarios, columns, palette);
    let mut lines = run_lines(progress, columns, palette);
    lines.extend(scenarios);
    lines
}

fn run_lines(progress: &Progress, columns: usize, palette: &Palette) -> Vec<String> {
    let longest = progress.max_duration.unwrap_or(progress.elapsed);
    let digits = progress.max_vus.to_string().len();
    let mut state = format!(
        "{} ({}), {:0digits$}/{} VUs, {} complete and {} interrupted",
        if progress.phase.is_empty() {
            "running"
        } else {
            &progress.phase
        },
        clock(progress.elapsed, longest),
        progress.vus,
        progress.max_vus,
        progress.complete,
        progress.interrupted
    );
    // On a narrow screen, numbers are more important than the word.
    if width(&state) + width(ITERATIONS) <= columns {
        state.push_str(ITERATIONS);
    }
    let mut line = Line::default();
    line.push(Style::new(), state);
    let rate = |rate: Option<f64>, what| rate.map(|rate| format!("{} {what}/s", short(rate)));
    let figures = [
        rate(progress.iteration_rate, "iters"),
        rate(progress.event_rate, "events"),
        progress
            .eta
            .map(|left| format!("ETA {}", clock(left, longest))),
    ];
    let figures: Vec<String> = figures.into_iter().flatten().collect();
    let all = figures.iter().map(|text| width(text) + 2).sum::<usize>();
    let mut lines = Vec::new();
    if line.width() + all > columns {
        lines.push(std::mem::take(&mut line).fit(columns));
    }
    for text in figures {
        if line.width() + 2 + width(&text) <= columns {
            line.push(palette.extra, format!("  {text}"));
        }
    }
    if line.width() > 0 {
        lines.push(line.fit(columns));
    }
    lines
}

fn scenario_lines(
    scenarios: &[ScenarioProgress],
    columns: usize,
    palette: &Palette,
) -> Vec<String> {
    let longest = scenarios.iter().map(|s| width(&s.name)).max().unwrap_or(0);
    // A long name must leave room for the other columns.
    let name_width = longest.min(LONGEST_NAME).min((columns / 4).max(1));
    let mut right_widths: Vec<usize> = Vec::new();
    for scenario in scenarios {
        for (at, text) in scenario.columns.iter().enumerate() {
            if at == right_widths.len() {
                right_widths.push(0);
            }
            right_widths[at] = right_widths[at].max(width(text));
        }
    }
    // ` ✓ `, two brackets, and a space on each side of every column.
    let filled = right_widths.iter().filter(|width| **width > 0);
    let right: usize = filled.map(|width| width + 2).sum();
    let cells = columns.saturating_sub(name_width + 3 + 2 + right).min(BAR);
    let lines = scenarios.iter().map(|scenario| {
        let (style, mark) = mark(scenario.status, palette);
        let name = shorten(&scenario.name, name_width);
        let mut line = Line::default();
        line.push(Style::new(), format!("{name:<name_width$}"));
        line.push(style, format!(" {mark} "));
        line.push(Style::new(), bar(scenario.done, cells));
        for (text, column) in scenario.columns.iter().zip(&right_widths) {
            // A truncated number would be misleading.
            if *column == 0 || line.width() + 1 + width(text) > columns {
                continue;
            }
            line.push(palette.value, format!(" {text:<0$}", column + 1));
        }
        line.fit(columns)
    });
    lines.collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of at most 1 of a few cells"
)]
fn bar(done: f64, cells: usize) -> String {
    let done = done.clamp(0.0, 1.0);
    if cells <= SHORTEST_BAR {
        return format!("[{:>3}% ]", (done * 100.0) as usize);
    }
    let full = (done * cells as f64) as usize;
    let head = if full == 0 || full == cells { "" } else { ">" };
    format!(
        "[{}{head}{}]",
        "=".repeat(full - head.len()),
        "-".repeat(cells - full)
    )
}

fn shorten(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let kept = columns.saturating_sub(3);
    let start: String = text.chars().take(kept).collect();
    format!("{start}{}", &"..."[..columns.min(3)])
}

/// The lines at the end of a run, which stay on the screen. They are those of [`progress`], but nothing is omitted.
pub(crate) fn final_progress(state: &Progress, columns: usize, palette: &Palette) -> Vec<String> {
    let words = |lines: &[String]| -> Vec<String> {
        let words = lines.iter().flat_map(|line| line.split_whitespace());
        let is_bar = |word: &&str| word.starts_with('[') || word.ends_with(']');
        words
            .filter(|word| !is_bar(word))
            .map(str::to_owned)
            .collect()
    };
    let whole = progress(state, usize::MAX, palette);
    let fitting = progress(state, columns, palette);
    if words(&fitting) == words(&whole) {
        fitting
    } else {
        whole
    }
}

/// Formats a duration with tenths of a second, padded to the width of `longest`, so that the line does not jump.
fn clock(duration: Duration, longest: Duration) -> String {
    let tenths = |duration: Duration| (duration.as_millis() + 50) / 100;
    let (now, max) = (tenths(duration), tenths(longest.max(duration)));
    let (hours, minutes, rest) = (now / 36_000, now / 600 % 60, now % 600);
    let seconds = format!("{:02}.{}s", rest / 10, rest % 10);
    let digits = |most: u128| most.to_string().len();
    match (max / 36_000, max / 600) {
        (0, 0) => seconds,
        (0, most) => format!("{minutes:0width$}m{seconds}", width = digits(most)),
        (most, _) => format!(
            "{hours:0width$}h{minutes:02}m{seconds}",
            width = digits(most)
        ),
    }
}

/// Formats a rate with few digits.
fn short(rate: f64) -> String {
    match rate {
        r if r < 10.0 => format!("{r:.2}"),
        r if r < 100.0 => format!("{r:.1}"),
        r if r < 100_000.0 => format!("{r:.0}"),
        r if r < 10_000_000.0 => format!("{:.0}k", r / 1e3),
        r => format!("{:.0}M", r / 1e6),
    }
}

#[cfg(test)]
mod tests;
