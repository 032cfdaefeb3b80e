//! Compares two runs, or two groups of repeated runs.
//!
//! Every figure that both sides have becomes a [`ComparedFigure`]: both values, the change with its interval, and a verdict.
//! Single runs are compared by sections, groups by ranks; [`crate::statistics`] says why.

mod doubts;
mod fail_on;
mod figure;

use crate::metrics::{Better, MetricKind, SeriesRole, Stat, Unit};
use crate::record::Record;
use crate::statistics::{ConfidenceInterval, repeated, sections};

pub(crate) use self::fail_on::{FailOn, FailOnResult};
pub(crate) use self::figure::interval;

/// The comparison of two sides.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub(crate) struct Comparison {
    /// The number of runs of each side.
    pub runs: (usize, usize),
    /// Reasons to doubt the comparison, as sentences.
    pub doubts: Vec<String>,
    /// The figures, in the order of their metrics.
    pub rows: Vec<ComparedFigure>,
}

/// One figure on both sides.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub(crate) struct ComparedFigure {
    /// The metric or sub-metric, as a selector.
    pub selector: String,
    /// The figure.
    pub stat: Stat,
    /// The kind of metric.
    pub kind: MetricKind,
    /// The unit of the metric's samples.
    pub unit: Unit,
    /// The figure of the base; for several runs, their median. `None` if there are too few samples.
    pub base: Option<f64>,
    /// The figure of the new side.
    pub new: Option<f64>,
    /// The change, if it is known.
    pub change: FigureChange,
    /// The verdict on the change.
    pub verdict: ChangeVerdict,
}

/// A change with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FigureChange {
    /// The new figure as a multiple of the base: 1.07 is 7 % more.
    Ratio(ConfidenceInterval),
    /// The new figure minus the base, in the unit of the metric: for shares, and where a figure is zero.
    Difference(ConfidenceInterval),
    /// The change is unknown.
    Unknown,
}

/// The verdict on a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeVerdict {
    /// The new side is better, and chance does not explain it.
    Better,
    /// The new side is worse, and chance does not explain it.
    Worse,
    /// The figure changed, and neither direction is known to be better.
    Different,
    /// The interval holds "no change".
    Same,
    /// The runs are too short, too few, or lack samples.
    NotEnough,
}

impl ChangeVerdict {
    /// The text in reports.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Different => "different",
            Self::Same => "no difference seen",
            Self::NotEnough => "not enough data",
        }
    }
}

impl FigureChange {
    /// Whether chance does not explain the change.
    pub(crate) fn is_real(self) -> bool {
        match self {
            Self::Ratio(ratio) => ratio.excludes(1.0),
            Self::Difference(difference) => difference.excludes(0.0),
            Self::Unknown => false,
        }
    }

    /// Whether the new figure is greater.
    fn is_up(self) -> bool {
        match self {
            Self::Ratio(ratio) => ratio.value > 1.0,
            Self::Difference(difference) => difference.value > 0.0,
            Self::Unknown => false,
        }
    }
}

/// Compares two sides of one run or several.
pub(crate) fn compare(base: &[Record], new: &[Record]) -> Comparison {
    let mut rows = Vec::new();
    let Some(first) = base.first() else {
        return Comparison {
            runs: (0, new.len()),
            doubts: Vec::new(),
            rows,
        };
    };
    // The parts by labels are the same samples once more, for stores.
    for info in first
        .series
        .iter()
        .filter(|info| info.role != SeriesRole::Labels)
    {
        for stat in figure::stats(info.kind) {
            rows.extend(row(base, new, info, *stat));
        }
    }
    rows.sort_by(|a, b| a.selector.cmp(&b.selector));
    Comparison {
        runs: (base.len(), new.len()),
        doubts: doubts::doubts(base, new),
        rows,
    }
}

/// The row of one figure; `None` where a side lacks the series.
pub(crate) fn row(
    base: &[Record],
    new: &[Record],
    info: &crate::metrics::SeriesInfo,
    stat: Stat,
) -> Option<ComparedFigure> {
    let place = |side: &[Record]| -> Option<Vec<usize>> {
        let find = |record: &Record| record.find(&info.metric, &info.tags);
        side.iter().map(find).collect()
    };
    let (base_at, new_at) = (place(base)?, place(new)?);
    let values = |side: &[Record], at: &[usize]| -> Vec<Option<f64>> {
        let value = |(record, at): (&Record, &usize)| figure::whole(record, *at, stat);
        side.iter().zip(at).map(value).collect()
    };
    let (base_values, new_values) = (values(base, &base_at), values(new, &new_at));
    let all = base.iter().zip(&base_at).chain(new.iter().zip(&new_at));
    if all
        .clone()
        .all(|(record, at)| figure::samples(record, *at) == 0)
    {
        return None;
    }
    let change = match (base, new) {
        ([base], [new]) => single((base, base_at[0]), (new, new_at[0]), stat, info.kind),
        _ => groups(&base_values, &new_values),
    };
    let verdict = match (change, figure::better(info)) {
        (FigureChange::Unknown, _) => ChangeVerdict::NotEnough,
        (change, _) if !change.is_real() => ChangeVerdict::Same,
        (_, None) => ChangeVerdict::Different,
        (change, Some(better)) if change.is_up() == (better == Better::Higher) => {
            ChangeVerdict::Better
        }
        _ => ChangeVerdict::Worse,
    };
    Some(ComparedFigure {
        selector: info.selector(),
        stat,
        kind: info.kind,
        unit: info.unit,
        base: median(&base_values),
        new: median(&new_values),
        change,
        verdict,
    })
}

/// Two single runs, by their sections: on the log scale where both figures have one, else as a difference.
fn single(
    base: (&Record, usize),
    new: (&Record, usize),
    stat: Stat,
    kind: MetricKind,
) -> FigureChange {
    let known = |(record, series)| {
        let whole = figure::whole(record, series, stat)?;
        Some((whole, figure::section_values(record, series, stat)?))
    };
    let (Some(base), Some(new)) = (known(base), known(new)) else {
        return FigureChange::Unknown;
    };
    let change = |figure: fn(f64, &[f64]) -> Option<sections::Estimate>| {
        sections::Estimate::difference(figure(base.0, &base.1)?, figure(new.0, &new.1)?)
    };
    let ratio = change(sections::Estimate::log).filter(|_| kind != MetricKind::Rate);
    match ratio {
        Some(log) => FigureChange::Ratio(log.map(f64::exp)),
        None => {
            change(sections::Estimate::new).map_or(FigureChange::Unknown, FigureChange::Difference)
        }
    }
}

/// Compares two groups of runs by the ranks of their figures.
fn groups(base: &[Option<f64>], new: &[Option<f64>]) -> FigureChange {
    let all = |values: &[Option<f64>]| values.iter().copied().collect::<Option<Vec<f64>>>();
    let (Some(base), Some(new)) = (all(base), all(new)) else {
        return FigureChange::Unknown;
    };
    repeated::compare(&base, &new)
        .and_then(|found| found.interval)
        .map_or(FigureChange::Unknown, FigureChange::Ratio)
}

fn median(values: &[Option<f64>]) -> Option<f64> {
    let mut values: Vec<f64> = values.iter().copied().collect::<Option<_>>()?;
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len().checked_sub(1)?;
    Some(f64::midpoint(
        values[middle / 2],
        values[middle.div_ceil(2)],
    ))
}

#[cfg(test)]
pub(crate) mod tests;
