//! The table of servers, for a run with several.

use super::time;
use crate::llm::{BenchResult, ServerResult, Statistics};
use crate::report::style::{Palette, paint};

/// The table of servers, with a line for each.
pub(super) fn servers(result: &BenchResult, palette: &Palette) -> Vec<String> {
    let names = result.servers.iter().map(|server| &server.server);
    let width = names.map(|name| name.chars().count()).max().unwrap_or(0);
    let head = format!(
        "    {:<width$}{:>8}{:>8}{:>9}{:>10}{:>10}{:>10}",
        "server", "ok", "failed", "tok/s", "TTFT med", "TPOT med", "E2E med"
    );
    let row = |server: &ServerResult| {
        let tokens = server.output_tokens as f64 / result.duration.max(f64::MIN_POSITIVE);
        let median = |times: &Statistics| time(times, times.median);
        let figures = format!(
            "{:>8}{:>8}{:>9.0}{:>10}{:>10}{:>10}",
            server.completed,
            server.failed,
            tokens,
            median(&server.ttft),
            median(&server.tpot),
            median(&server.e2e),
        );
        let figures = paint(palette.value, &figures);
        format!("    {:<width$}{figures}", server.server)
    };
    std::iter::once(paint(palette.title, &head))
        .chain(result.servers.iter().map(row))
        .collect()
}
