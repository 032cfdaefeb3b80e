//! The table of latencies in the result of `ssel llm`.

use super::time;
use crate::llm::{BenchResult, Statistics, Steady};
use crate::report::style::{Palette, paint};

/// Columns that fit on a line of 80; further ones get a block of their own.
const COLUMNS: usize = 5;
const LABEL: usize = 24;
const FIGURE: usize = 10;

/// The table of latencies in milliseconds: a line for each that was measured.
pub(super) fn latencies(
    result: &BenchResult,
    steady: Option<&Steady>,
    palette: &Palette,
) -> Vec<String> {
    let while_steady = |name: &str| format!("{name} while steady");
    let from_schedule = |name: &str| format!("{name} from schedule");
    // Scores have no tokens that could be timed.
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
    let columns = columns(&result.e2e);
    let mut lines = Vec::new();
    for block in columns.chunks(COLUMNS) {
        let names = block.iter().map(|column| column.name());
        let names = cells(names);
        lines.push(paint(
            palette.title,
            &format!("    {:<LABEL$}{names}", "latency, ms"),
        ));
        for (name, statistics) in &rows {
            let figures = block
                .iter()
                .map(|column| time(statistics, column.of(statistics)));
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

/// The time to the first output that is not reasoning, where that is another than the time to the first token.
fn ttfo(result: &BenchResult) -> Option<&Statistics> {
    (result.ttfo.count > 0 && result.ttfo != result.ttft).then_some(&result.ttfo)
}

#[derive(Clone, Copy)]
enum Column {
    Mean,
    Median,
    /// By its place in the statistics.
    Percentile(usize, f64),
    Max,
}

/// The median stands where it always does, not among the percentiles as well.
fn columns(statistics: &Statistics) -> Vec<Column> {
    let percentiles = statistics.percentiles.iter().enumerate();
    let percentiles = percentiles
        .filter(|(_, (p, _))| (*p - 50.0).abs() > f64::EPSILON)
        .map(|(at, (p, _))| Column::Percentile(at, *p));
    [Column::Mean, Column::Median]
        .into_iter()
        .chain(percentiles)
        .chain([Column::Max])
        .collect()
}

impl Column {
    fn name(self) -> String {
        match self {
            Self::Mean => "mean".to_owned(),
            Self::Median => "median".to_owned(),
            Self::Percentile(_, p) => format!("p{p}"),
            Self::Max => "max".to_owned(),
        }
    }

    fn of(self, statistics: &Statistics) -> f64 {
        match self {
            Self::Mean => statistics.mean,
            Self::Median => statistics.median,
            Self::Percentile(at, _) => statistics
                .percentiles
                .get(at)
                .map_or(0.0, |(_, value)| *value),
            Self::Max => statistics.max,
        }
    }
}
