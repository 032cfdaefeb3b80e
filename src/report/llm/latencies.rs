//! The table of latencies in the result of `ssel llm`.

use super::time;
use crate::llm::{BenchResult, Statistics, Steady};
use crate::report::style::{Palette, paint};

/// The number of columns that fit on a line of 80 characters; further columns get another block.
const COLUMNS: usize = 5;
const LABEL: usize = 24;
const FIGURE: usize = 10;

/// The table of latencies in milliseconds, with a line for each that was measured.
pub(super) fn latencies(
    result: &BenchResult,
    steady: Option<&Steady>,
    palette: &Palette,
) -> Vec<String> {
    let while_steady = |name: &str| format!("{name} while steady");
    let from_schedule = |name: &str| format!("{name} from schedule");
    // Scores have no tokens.
    let words = result.items.is_none();
    let rows = [
        ("TTFT".to_owned(), words.then_some(&result.ttft)),
        ("TTFO".to_owned(), ttfo(result)),
        ("TPOT".to_owned(), words.then_some(&result.tpot)),
        ("ITL".to_owned(), words.then_some(&result.itl)),
        ("E2E".to_owned(), Some(&result.e2e)),
        (from_schedule("TTFT"), result.ttft_with_queue.as_ref()),
        (from_schedule("E2E"), result.e2e_with_queue.as_ref()),
        (while_steady("TTFT"), steady.map(|steady| &steady.ttft)),
        (while_steady("TPOT"), steady.map(|steady| &steady.tpot)),
        (while_steady("E2E"), steady.map(|steady| &steady.e2e)),
    ];
    let rows: Vec<(String, &Statistics)> = rows
        .into_iter()
        .filter_map(|(name, row)| Some((name, row?)))
        .collect();
    // The median has its own column.
    let percentiles = result.e2e.percentiles.iter().enumerate();
    let percentiles = percentiles.filter(|(_, (p, _))| (*p - 50.0).abs() > f64::EPSILON);
    let percentiles: Vec<_> = percentiles
        .map(|(at, (p, _))| {
            let figure = move |statistics: &Statistics| {
                statistics
                    .percentiles
                    .get(at)
                    .map_or(0.0, |(_, value)| *value)
            };
            (format!("p{p}"), figure)
        })
        .collect();
    let mut columns: Vec<Column<'_>> = vec![
        ("mean".to_owned(), &|statistics| statistics.mean),
        ("median".to_owned(), &|statistics| statistics.median),
    ];
    columns.extend(
        percentiles
            .iter()
            .map(|(name, figure)| (name.clone(), figure as _)),
    );
    columns.push(("max".to_owned(), &|statistics| statistics.max));
    let mut lines = Vec::new();
    for block in columns.chunks(COLUMNS) {
        let names = block.iter().map(|(name, _)| name.clone());
        let names = cells(names);
        lines.push(paint(
            palette.title,
            &format!("    {:<LABEL$}{names}", "latency, ms"),
        ));
        for (name, statistics) in &rows {
            let figures = block
                .iter()
                .map(|(_, figure)| time(statistics, figure(statistics)));
            let figures = paint(palette.value, &cells(figures));
            lines.push(format!("    {name:<LABEL$}{figures}"));
        }
        lines.push(String::new());
    }
    lines
}

fn cells(figures: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = figures.map(|figure| format!("{figure:>FIGURE$}")).collect();
    cells.concat()
}

/// The time to the first output, if it differs from the time to the first token.
fn ttfo(result: &BenchResult) -> Option<&Statistics> {
    (result.ttfo.count > 0 && result.ttfo != result.ttft).then_some(&result.ttfo)
}

/// The name of a column, and its figure of some statistics.
type Column<'a> = (String, &'a dyn Fn(&Statistics) -> f64);
