//! Selects the figures to compare.

use std::time::Duration;

use crate::metrics::{Better, MetricKind, SeriesInfo, Sink, Stat, Unit, builtin};
use crate::record::{Frame, Point, Record};
use crate::statistics::sections::{Estimate, SECTIONS};
use crate::statistics::{ConfidenceInterval, samples_for};

/// The figures that are compared for each kind of metric.
pub(super) fn stats(kind: MetricKind) -> &'static [Stat] {
    match kind {
        MetricKind::Counter | MetricKind::Rate => &[Stat::Rate],
        MetricKind::Gauge => &[],
        MetricKind::Trend => &[
            Stat::Avg,
            Stat::Percentile(50.0),
            Stat::Percentile(95.0),
            Stat::Percentile(99.0),
        ],
    }
}

/// The direction in which a metric improves; `None` if it is unknown, such as for a counter of the script.
pub(super) fn better(info: &SeriesInfo) -> Option<Better> {
    let is_time = info.kind == MetricKind::Trend && info.unit == Unit::Time;
    let known = builtin(&info.metric).and_then(|metric| metric.better);
    known.or(is_time.then_some(Better::Lower))
}

/// The figure of the whole run; `None` without samples, or with too few for a percentile.
pub(super) fn whole(record: &Record, series: usize, stat: Stat) -> Option<f64> {
    let sink = record.totals.get(series)?.as_ref()?;
    if let (Stat::Percentile(percent), Sink::Trend(trend)) = (stat, sink)
        && trend.count() < samples_for(percent)
    {
        return None;
    }
    sink.stat(stat, record.facts.duration.as_secs_f64())
}

/// The number of samples of a series.
pub(super) fn samples(record: &Record, series: usize) -> u64 {
    let sink = record.totals.get(series).and_then(Option::as_ref);
    sink.map_or(0, Sink::count)
}

/// The figure in each of the equal sections of the run, which consist of whole frames. `None` if a section has no samples of a
/// trend or a rate, or if the run has fewer frames than sections.
pub(super) fn section_values(record: &Record, series: usize, stat: Stat) -> Option<Vec<f64>> {
    let first = record.frames.first()?.start;
    let length = record.frames.last()?.end().saturating_sub(first);
    if record.frames.len() < SECTIONS {
        return None;
    }
    let count = u32::try_from(SECTIONS).ok()?;
    let edge = |n: u32| first + length * n / count;
    (0..count)
        .map(|n| {
            // The last section ends with the run. A frame belongs to the section of its middle: frames begin a little late, and
            // the last one of a run may be short.
            let until = if n + 1 == count {
                Duration::MAX
            } else {
                edge(n + 1)
            };
            let within = |frame: &&Frame| {
                let middle = frame.start + frame.length / 2;
                edge(n) <= middle && middle < until
            };
            let frames = record.frames.iter().filter(within);
            let seconds: Duration = frames.clone().map(|frame| frame.length).sum();
            match Point::joined(frames.filter_map(|frame| frame.point(series))) {
                Some(point) => point.stat(stat, seconds.as_secs_f64()),
                None if record.series.get(series)?.kind == MetricKind::Counter => Some(0.0),
                None => None,
            }
        })
        .collect()
}

/// The interval of a figure of one run, by sections; `None` if the run is too short.
pub(crate) fn interval(record: &Record, series: usize, stat: Stat) -> Option<ConfidenceInterval> {
    let whole = whole(record, series, stat)?;
    let sections = section_values(record, series, stat)?;
    let log = Estimate::log(whole, &sections).and_then(Estimate::interval);
    log.map(|log| log.map(f64::exp))
}
