//! The distribution of each trend: percentiles with their confidence intervals.

use crate::compare;
use crate::metrics::{Histogram, Sink, Stat, Unit};
use crate::record::Record;
use crate::statistics::{ConfidenceInterval, samples_for};

use super::charts::trends;
use super::element::{Cell, Table, details, figure, grid};
use super::svg::{Plot, Scale};
use crate::report::number::FigureUnit;

/// The percentiles that the axis names.
const TICKS: [f64; 8] = [0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999];

/// A plot for each trend.
pub(super) fn content(record: &Record) -> String {
    let plots = trends(record).into_iter();
    let plots = plots.filter_map(|(series, title)| plot(record, series, &title));
    grid(&plots.collect::<String>())
}

/// The position of a percentile on an axis on which all nines have the same width.
fn nines(percent: f64) -> f64 {
    -(1.0 - percent / 100.0).log10()
}

fn plot(record: &Record, series: usize, title: &str) -> Option<String> {
    let Some(Sink::Trend(trend)) = record.totals.get(series)?.as_ref() else {
        return None;
    };
    let histogram = trend.histogram();
    let unit = FigureUnit::of(histogram.unit());
    let carried: Vec<f64> = TICKS
        .iter()
        .copied()
        .filter(|percent| samples_for(*percent) <= histogram.count())
        .collect();
    let last = *carried.last()?;
    let points = curve(&histogram, nines(last));
    let intervals: Vec<(f64, f64, f64)> = carried
        .iter()
        .filter(|percent| **percent > 0.0)
        .filter_map(|percent| {
            let interval = compare::interval(record, series, Stat::Percentile(*percent))?;
            Some((nines(*percent), interval.low, interval.high))
        })
        .collect();
    let values = points
        .iter()
        .map(|(_, value)| *value)
        .chain(intervals.iter().map(|(.., high)| *high));
    let wide = histogram.min() > 0.0 && histogram.max() / histogram.min() > 20.0;
    let y = if wide && histogram.unit() == Unit::Time {
        Scale::log(values)
    } else {
        Scale::linear(values)
    };
    let x_ticks: Vec<(f64, String)> = carried
        .iter()
        .map(|percent| (nines(*percent), format!("p{percent}")))
        .collect();
    let named: Vec<String> = carried
        .iter()
        .map(|percent| format!("p{percent} {}", unit.show(histogram.percentile(*percent))))
        .collect();
    let sentence = format!(
        "{title}, {} samples: {}.",
        histogram.count(),
        named.join(", ")
    );
    let plot = Plot::new(Scale::fixed(0.0, nines(last).max(0.1)), y)
        .x_axis(&x_ticks)
        .y_axis(unit)
        .band(0, &intervals)
        .line(0, &points)
        .html(&sentence);
    let mut table = Table::new(
        &format!("Percentiles of {title}"),
        ["percentile", "value", "95% from", "to"],
    );
    for percent in &carried {
        let interval = compare::interval(record, series, Stat::Percentile(*percent));
        let end = |end: fn(ConfidenceInterval) -> f64| Cell::of(interval.map(end), unit);
        table.rows.push(vec![
            Cell::text(format!("p{percent}")),
            Cell::of(histogram.percentile(*percent), unit),
            end(|interval| interval.low),
            end(|interval| interval.high),
        ]);
    }
    let about = match intervals.as_slice() {
        [] => "",
        _ => "The band is the 95 % interval by sections of the run.",
    };
    let content = plot + &details("Table", &table.html());
    Some(figure(title, about, &content))
}

/// Percentiles at even steps of the axis.
fn curve(histogram: &Histogram, last: f64) -> Vec<(f64, f64)> {
    const STEPS: u32 = 120;
    (0..=STEPS)
        .map(|step| {
            let at = last * f64::from(step) / f64::from(STEPS);
            (at, histogram.percentile((1.0 - 10_f64.powf(-at)) * 100.0))
        })
        .collect()
}
