//! The heat map of a distribution over time: a column per frame, rows on a logarithmic scale.

use serde_json::{Value, json};

use super::charts::{frame, whole};
use crate::metrics::{Histogram, Unit};
use crate::record::{Frame, Point, Record};
use crate::report::number::FigureUnit;

/// The beginning of the scale: ten microseconds.
const LOW: f64 = 1e-5;
/// Rows for each factor of ten.
const PER_DECADE: f64 = 12.0;
/// The last row: a value of more than an hour.
const LAST_ROW: i64 = 108;

/// The metrics that can have a heat map; the first one with samples does.
const METRICS: [&str; 4] = [
    "llm_ttft",
    "sse_first_event",
    "http_req_duration",
    "iteration_duration",
];

/// A heat map.
pub(super) struct HeatMap<'a> {
    record: &'a Record,
    series: usize,
    pub(super) id: String,
}

/// The heat map of a record, if it has samples for one.
pub(super) fn heat_map(record: &Record) -> Option<HeatMap<'_>> {
    let series = METRICS.iter().find_map(|metric| whole(record, metric))?;
    let info = &record.series[series];
    (info.unit == Unit::Time).then(|| HeatMap {
        record,
        series,
        id: format!("heat-{}", info.metric),
    })
}

/// The heat map beside the chart with this id.
pub(super) fn of_chart<'a>(record: &'a Record, chart: &str) -> Option<HeatMap<'a>> {
    heat_map(record).filter(|map| map.id.strip_prefix("heat-") == chart.strip_prefix("trend-"))
}

impl HeatMap<'_> {
    pub(super) fn html(&self) -> String {
        let metric = &self.record.series[self.series].metric;
        let title = format!("Distribution over time ({metric})");
        let sentence = format!(
            "How the samples of {metric} are distributed in each second; darker cells hold more samples. The table of the chart beside it has the percentiles."
        );
        frame(
            &self.id,
            &title,
            "Darker cells hold more samples.",
            &sentence,
            false,
            "",
        )
    }

    pub(super) fn data(&self) -> Value {
        let columns: Vec<_> = self
            .record
            .frames
            .iter()
            .map(|frame| self.cells(frame))
            .collect();
        let (from, to) = self.rows();
        json!({
            "id": self.id, "unit": FigureUnit::Seconds.name(), "low": LOW, "per_decade": PER_DECADE,
            "from": from, "to": to, "columns": columns,
        })
    }

    /// The cells of a frame: row, count, row, count and so on.
    pub(super) fn cells(&self, frame: &Frame) -> Vec<i64> {
        let mut cells: Vec<i64> = Vec::new();
        let histogram = histogram(frame, self.series);
        for (low, high, count) in histogram.into_iter().flat_map(Histogram::buckets) {
            let row = row(f64::midpoint(low, high));
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            match cells.as_mut_slice() {
                [.., last, sum] if *last == row => *sum = sum.saturating_add(count),
                _ => cells.extend([row, count]),
            }
        }
        cells
    }

    /// The range of rows that are shown.
    pub(super) fn rows(&self) -> (i64, i64) {
        let points = self.record.points(self.series);
        let extremes = points.filter_map(|(frame, _)| {
            let histogram = histogram(frame, self.series)?;
            Some((row(histogram.min()), row(histogram.max())))
        });
        let (from, to) = extremes.fold((LAST_ROW, 0), |(from, to), (low, high)| {
            (from.min(low), to.max(high))
        });
        ((from - 1).max(0), (to + 2).max(from + 6))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast from a float saturates"
)]
fn row(value: f64) -> i64 {
    (((value.max(LOW) / LOW).log10() * PER_DECADE).floor() as i64).clamp(0, LAST_ROW)
}

/// The distribution of the samples of a trend in a frame.
pub(super) fn histogram(frame: &Frame, series: usize) -> Option<&Histogram> {
    match frame.point(series)? {
        Point::Trend(histogram) => Some(histogram),
        _ => None,
    }
}
