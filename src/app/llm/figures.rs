//! Figures in addition to those of the replies: those of probe requests, and the lag of the client.

use super::script::{PROBE_FAILED, PROBE_TTFT};
use crate::metrics::{Sink, Stat, Summary, Trend};
use crate::report::ProbeFigures;

/// The figures of probe requests.
pub(super) fn probe_figures(summary: &Summary, percentiles: &[f64]) -> Option<ProbeFigures> {
    let values = |name| summary.metric(name).map(|metric| &metric.values);
    let Some(Sink::Rate(failed)) = values(PROBE_FAILED) else {
        return None;
    };
    let figure = |stat| match values(PROBE_TTFT) {
        Some(Sink::Trend(trend)) => trend.stat(stat).unwrap_or_default(),
        _ => 0.0,
    };
    let percentiles = percentiles.iter();
    Some(ProbeFigures {
        requests: failed.total,
        failed: failed.passes,
        median: figure(Stat::Med),
        percentiles: percentiles
            .map(|p| (*p, figure(Stat::Percentile(*p))))
            .collect(),
        max: figure(Stat::Max),
    })
}

/// The distributions of the delays that the client adds to latencies.
pub(super) fn lateness(summary: &Summary) -> Vec<Trend> {
    let trends = ["client_lag", "schedule_delay"]
        .into_iter()
        .filter_map(|name| match &summary.metric(name)?.values {
            Sink::Trend(trend) => Some(trend.clone()),
            _ => None,
        });
    trends.collect()
}
