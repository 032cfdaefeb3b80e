//! The result of a sweep as text: a row for each level of load.

use super::time;
use crate::llm::{BenchResult, Statistics};
use crate::report::style::{Palette, paint};

/// One level of load and its result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CurveRow<'a> {
    /// The level, e.g. `8`.
    pub level: String,
    /// The figures.
    pub result: &'a BenchResult,
    /// Whether the client was the limit, so that the figures are not those of the server.
    pub is_client_limited: bool,
}

/// Formats a cell of a column.
type Cell<'a> = &'a dyn Fn(&BenchResult) -> String;

/// The curve as a table, with a line for each level of `name`, which is `concurrency` or `rate`.
pub(crate) fn llm_curve(name: &str, rows: &[CurveRow<'_>], palette: &Palette) -> String {
    let has_goodput = rows.iter().any(|row| row.result.request_goodput.is_some());
    let tail = rows
        .iter()
        .find_map(|row| row.result.e2e.percentiles.last());
    let tail = tail.map_or(100.0, |(p, _)| *p);
    let at_tail = |t: &Statistics| time(t, t.percentiles.last().map_or(t.max, |(_, value)| *value));
    let median = |times: &Statistics| time(times, times.median);
    let columns: [(bool, usize, &str, Cell<'_>); 8] = [
        (true, 9, "req/s", &|r| {
            format!("{:.2}", r.request_throughput)
        }),
        (has_goodput, 9, "good/s", &|r| {
            let goodput = r.request_goodput.map(|goodput| format!("{goodput:.2}"));
            goodput.unwrap_or_else(|| "-".to_owned())
        }),
        (true, 9, "tok/s", &|r| format!("{:.0}", r.output_throughput)),
        (true, 10, "TTFT med", &|r| median(&r.ttft)),
        (true, 10, &format!("TTFT p{tail}"), &|r| at_tail(&r.ttft)),
        (!has_goodput, 9, "TPOT med", &|r| median(&r.tpot)),
        (true, 10, &format!("E2E p{tail}"), &|r| at_tail(&r.e2e)),
        (true, 8, "failed", &|r| r.failed.to_string()),
    ];
    let columns: Vec<_> = columns.iter().filter(|(is_shown, ..)| *is_shown).collect();
    let line = |first: &str, cell: &dyn Fn(&str, Cell<'_>) -> String| {
        let cells = columns.iter().map(|(_, width, title, value)| {
            let cell = cell(title, *value);
            format!("{cell:>width$}")
        });
        format!("{first:>11}{}", cells.collect::<String>())
    };
    let head = line(name, &|title, _| title.to_owned());
    let mut out = format!("\n{}\n", paint(palette.title, &head));
    for row in rows {
        let style = if row.is_client_limited {
            palette.warning
        } else if row.result.failed > 0 {
            palette.bad
        } else {
            palette.value
        };
        let mark = if row.is_client_limited { "*" } else { "" };
        let line = line(&row.level, &|_, value| value(row.result));
        out += &(paint(style, &line) + mark + "\n");
    }
    out += "\nlatencies in ms\n";
    if rows.iter().any(|row| row.is_client_limited) {
        out += "* limited by ssel itself: these are not the server's figures\n";
    }
    out
}
