//! A saved run as CSV: a line for each series and second.

use crate::metrics::{SeriesRole, Stat};
use crate::record::{Point, Record};

const COLUMNS: [&str; 15] = [
    "time", "length", "metric", "tags", "kind", "unit", "count", "sum", "min", "max", "value",
    "p50", "p90", "p95", "p99",
];

/// A run as CSV: a line for each series and each second in which it has samples. Times are seconds since the start of the run,
/// data is in bytes.
pub(crate) fn frames_csv(record: &Record) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(COLUMNS);
    for frame in &record.frames {
        for (series, point) in frame.points() {
            let info = &record.series[series];
            if matches!(info.role, SeriesRole::Check | SeriesRole::Labels) {
                continue;
            }
            let time = [frame.start, frame.length].map(|time| time.as_secs_f64().to_string());
            let names = [
                info.metric.clone(),
                info.tags.to_string(),
                info.kind.name().to_owned(),
                info.unit.name().to_owned(),
            ];
            let figures =
                figures(point).map(|figure| figure.map(|n| n.to_string()).unwrap_or_default());
            let row = time.into_iter().chain(names).chain(figures);
            let _ = writer.write_record(row);
        }
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The elements from `count` on.
fn figures(point: &Point) -> [Option<f64>; 9] {
    let count = point.count() as f64;
    match point {
        Point::Counter(counter) => {
            let mut all = [None; 9];
            (all[0], all[1]) = (Some(count), Some(counter.count));
            all
        }
        Point::Rate(rate) => {
            let mut all = [None; 9];
            (all[0], all[1]) = (Some(count), Some(rate.passes as f64));
            all
        }
        Point::Gauge(gauge) => {
            let mut all = [None; 9];
            (all[2], all[3], all[4]) = (Some(gauge.min), Some(gauge.max), Some(gauge.value));
            all
        }
        Point::Trend(_) => {
            let stat = |stat| point.stat(stat, 0.0);
            let percentile = |percent| stat(Stat::Percentile(percent));
            [
                Some(count),
                stat(Stat::Sum),
                stat(Stat::Min),
                stat(Stat::Max),
                None,
                percentile(50.0),
                percentile(90.0),
                percentile(95.0),
                percentile(99.0),
            ]
        }
    }
}
