//! The line that shows the progress of a benchmark.

use std::time::Duration;

use anstyle::Style;

use crate::report::style::{Line, Palette};
use crate::units::format_duration;

/// The progress of a benchmark.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct LlmLive {
    /// The time since the start of the load; `None` before it.
    pub elapsed: Option<Duration>,
    /// The planned duration, if set.
    pub duration: Option<Duration>,
    /// Whether no further requests are sent, and those in flight may end.
    pub is_stopping: bool,
    /// Finished requests, including failed ones.
    pub done: u64,
    /// The planned number of requests, if set.
    pub requests: Option<u64>,
    /// Requests in flight.
    pub in_flight: u64,
    /// Failed requests.
    pub failed: u64,
    /// The mean time to the first token so far, in seconds.
    pub ttft: Option<f64>,
    /// Completion tokens so far.
    pub tokens: u64,
}

/// The line, at most `columns` wide. Figures that do not fit are omitted.
pub(crate) fn llm_live(state: &LlmLive, columns: usize, palette: &Palette) -> String {
    // Some terminals wrap when the last column is written to.
    let columns = columns.saturating_sub(1);
    let mut line = Line::default();
    let Some(elapsed) = state.elapsed else {
        line.push(Style::new(), "warming up");
        return line.fit(columns);
    };
    let of = |total: Option<String>| total.map_or_else(String::new, |total| format!("/{total}"));
    let seconds = elapsed.as_secs_f64();
    line.push(
        Style::new(),
        format!("{seconds:.1}s{}", of(state.duration.map(format_duration))),
    );
    let requests = state.requests.map(|n| n.to_string());
    let per_second = |n: u64| n as f64 / seconds.max(0.001);
    let in_flight = if state.is_stopping {
        format!("waiting for {} in flight", state.in_flight)
    } else {
        format!("{} in flight", state.in_flight)
    };
    let figures = [
        Some((
            Style::new(),
            format!("{}{} requests", state.done, of(requests)),
        )),
        (state.failed > 0).then(|| (palette.bad, format!("{} failed", state.failed))),
        Some((Style::new(), in_flight)),
        (state.done > 0).then(|| {
            (
                palette.extra,
                format!("{:.1} req/s", per_second(state.done)),
            )
        }),
        state
            .ttft
            .map(|ttft| (palette.extra, format!("TTFT {:.0}ms", ttft * 1e3))),
        (state.tokens > 0).then(|| {
            let rate = per_second(state.tokens);
            (palette.extra, format!("{rate:.0} tokens/s"))
        }),
    ];
    for (style, text) in figures.into_iter().flatten() {
        if line.width() + 2 + text.chars().count() <= columns {
            line.push(style, format!("  {text}"));
        }
    }
    line.fit(columns)
}
