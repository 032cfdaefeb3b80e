//! Lines of the summary: a name, dots, figures in columns.

use super::number::{figure, per_second, share};
use super::style::{Palette, paint, width};
use crate::metrics::{MetricSummary, Sink, Stat, TimeUnit};

/// A line of the summary: a name, dots, and figures in columns.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The indent below the line it belongs to.
    pub(super) indent: usize,
    pub(super) name: String,
    pub(super) cells: Cells,
}

/// The figures of a row.
#[derive(Debug, Clone)]
pub(super) enum Cells {
    /// The figures of a trend, each with its name.
    Stats(Vec<(String, String)>),
    /// The main figure of any other metric, and further figures.
    Figures(String, Vec<String>),
}

impl Cells {
    pub(super) fn new(metric: &MetricSummary, stats: &[Stat], times: Option<TimeUnit>) -> Self {
        let figure = |value| figure(value, metric.unit, times);
        match &metric.values {
            Sink::Counter(counter) => {
                let rate = metric.rate().unwrap_or_default();
                Self::Figures(figure(counter.count), vec![per_second(rate, metric.unit)])
            }
            Sink::Gauge(gauge) => Self::Figures(
                figure(gauge.value),
                vec![
                    format!("min={}", figure(gauge.min)),
                    format!("max={}", figure(gauge.max)),
                ],
            ),
            Sink::Rate(rate) => Self::rate(rate.passes, rate.total),
            Sink::Trend(trend) => {
                let cell = |&stat| {
                    let value = trend.stat(stat).unwrap_or_default();
                    let text = if stat == Stat::Count {
                        trend.count().to_string()
                    } else {
                        figure(value)
                    };
                    (stat.to_string(), text)
                };
                Self::Stats(stats.iter().map(cell).collect())
            }
        }
    }

    pub(super) fn rate(passes: u64, total: u64) -> Self {
        let part = if total == 0 {
            0.0
        } else {
            passes as f64 / total as f64
        };
        Self::Figures(share(part), vec![format!("{passes} out of {total}")])
    }
}

/// The widths of the columns of a block.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// The names, with their indent.
    name: usize,
    /// Each figure of trends, with its name.
    stats: Vec<usize>,
    main: usize,
    /// Each further figure.
    extras: Vec<usize>,
}

/// The number of dots after the longest name.
const DOTS: usize = 3;

impl Columns {
    /// The widths that fit all rows.
    pub(super) fn of<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Self {
        let mut columns = Self::default();
        for row in rows {
            columns.name = columns.name.max(row.indent + width(&row.name));
            match &row.cells {
                Cells::Stats(stats) => {
                    widen(
                        &mut columns.stats,
                        stats
                            .iter()
                            .map(|(name, text)| width(name) + 1 + width(text)),
                    );
                }
                Cells::Figures(main, extras) => {
                    columns.main = columns.main.max(width(main));
                    widen(&mut columns.extras, extras.iter().map(|extra| width(extra)));
                }
            }
        }
        columns
    }

    /// The row as a line without line end, indented by `indent` columns.
    pub(super) fn line(&self, row: &Row, indent: usize, palette: &Palette) -> String {
        let dots = self.name.saturating_sub(row.indent + width(&row.name)) + DOTS;
        let start = " ".repeat(indent + row.indent) + &row.name;
        let dots = paint(palette.guide, &(".".repeat(dots) + ":"));
        format!("{start}{dots} {}", self.cells(&row.cells, palette))
    }

    fn cells(&self, cells: &Cells, palette: &Palette) -> String {
        let mut pieces = Vec::new();
        match cells {
            Cells::Stats(stats) => {
                for ((name, text), columns) in stats.iter().zip(&self.stats) {
                    // The last column is padded as well.
                    let pad = columns.saturating_sub(width(name) + 1);
                    pieces.push(format!(
                        "{name}={}",
                        paint(palette.value, &format!("{text:<pad$}"))
                    ));
                }
            }
            Cells::Figures(main, extras) => {
                pieces.push(paint(palette.value, &format!("{main:<0$}", self.main)));
                for (extra, &columns) in extras.iter().zip(&self.extras) {
                    let pad = if extras.len() > 1 { columns } else { 0 };
                    pieces.push(paint(palette.extra, &format!("{extra:<pad$}")));
                }
            }
        }
        pieces.join(" ")
    }
}

/// The head and the rows of a table as lines. Each column is as wide as its widest cell; the column `left` is aligned to the
/// left, all others to the right.
pub(super) fn aligned<const N: usize>(
    head: &[&str; N],
    rows: &[[String; N]],
    left: usize,
) -> Vec<String> {
    let head = head.map(str::to_owned);
    let rows = || std::iter::once(&head).chain(rows);
    let mut widths = Vec::new();
    rows().for_each(|row| widen(&mut widths, row.iter().map(|cell| width(cell))));
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| match column {
            _ if column == left => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ")
    };
    rows().map(line).collect()
}

fn widen(columns: &mut Vec<usize>, widths: impl Iterator<Item = usize>) {
    for (at, width) in widths.enumerate() {
        match columns.get_mut(at) {
            Some(column) => *column = width.max(*column),
            None => columns.push(width),
        }
    }
}
