//! The result of a sweep as text: a row for each level of load.

use super::millis;
use crate::llm::{BenchResult, Statistics};
use crate::report::style::{Palette, paint};

/// One level of load and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveRow<'a> {
    /// The level, e.g. `8`.
    pub level: String,
    /// The figures.
    pub result: &'a BenchResult,
    /// The load generator was the limit, so that the figures are not the server's.
    pub is_client_limited: bool,
}

/// The curve as a table: a line for each level of `name`, which is `concurrency` or `rate`.
pub fn llm_curve(name: &str, rows: &[CurveRow<'_>], palette: &Palette) -> String {
    let has_goodput = rows.iter().any(|row| row.result.request_goodput.is_some());
    let tail = rows
        .iter()
        .find_map(|row| row.result.e2e.percentiles.last());
    let tail = tail.map_or(100.0, |(p, _)| *p);
    let mut titles = vec![(11, name.to_owned()), (9, "req/s".to_owned())];
    if has_goodput {
        titles.push((9, "good/s".to_owned()));
    }
    titles.push((9, "tok/s".to_owned()));
    titles.push((10, "TTFT med".to_owned()));
    titles.push((10, format!("TTFT p{tail}")));
    if !has_goodput {
        titles.push((9, "TPOT med".to_owned()));
    }
    titles.push((10, format!("E2E p{tail}")));
    titles.push((8, "failed".to_owned()));

    let line = |cells: &[String]| -> String {
        let padded = cells.iter().zip(&titles);
        let padded = padded.map(|(cell, (width, _))| format!("{cell:>width$}"));
        padded.collect::<Vec<_>>().concat()
    };
    let heads: Vec<String> = titles.iter().map(|(_, title)| title.clone()).collect();
    let mut out = format!("\n{}\n", paint(palette.title, &line(&heads)));
    for row in rows {
        let result = row.result;
        let time = |statistics: &Statistics, value: f64| match statistics.count {
            0 => "-".to_owned(),
            _ => millis(value),
        };
        let at_tail = |d: &Statistics| time(d, d.percentiles.last().map_or(d.max, |(_, v)| *v));
        let median = |d: &Statistics| time(d, d.median);
        let mut cells = vec![
            row.level.clone(),
            format!("{:.2}", result.request_throughput),
        ];
        if has_goodput {
            let goodput = result.request_goodput;
            cells.push(goodput.map_or_else(|| "-".to_owned(), |goodput| format!("{goodput:.2}")));
        }
        cells.push(format!("{:.0}", result.output_throughput));
        cells.push(median(&result.ttft));
        cells.push(at_tail(&result.ttft));
        if !has_goodput {
            cells.push(median(&result.tpot));
        }
        cells.push(at_tail(&result.e2e));
        cells.push(result.failed.to_string());
        let style = if row.is_client_limited {
            palette.warning
        } else if result.failed > 0 {
            palette.bad
        } else {
            palette.value
        };
        let mark = if row.is_client_limited { "*" } else { "" };
        out += &(paint(style, &line(&cells)) + mark + "\n");
    }
    out += "\nlatencies in ms\n";
    if rows.iter().any(|row| row.is_client_limited) {
        out += "* ssel itself was the limit here: these are not the server's figures\n";
    }
    out
}
