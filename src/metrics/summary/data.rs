//! The summary as JSON, for `handle_summary`, `--summary-export` and `ssel report -f json`. It is described by
//! docs/summary.schema.json.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use super::{MetricSummary, Summary, ThresholdSummary};
use crate::metrics::{MetricKind, Sink, Stat, Tags, Trend};

/// The version of the format, which increases when a field changes its meaning or is removed.
const VERSION: u32 = 1;

/// The figures of every trend.
const USUAL: [Stat; 9] = [
    Stat::Count,
    Stat::Sum,
    Stat::Avg,
    Stat::Min,
    Stat::Med,
    Stat::Max,
    Stat::Percentile(90.0),
    Stat::Percentile(95.0),
    Stat::Percentile(99.0),
];

impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Summary", 15)?;
        out.serialize_field("version", &VERSION)?;
        out.serialize_field("duration", &self.duration.as_secs_f64())?;
        out.serialize_field("metrics", &Metrics(self))?;
        out.serialize_field("checks", &self.checks)?;
        out.serialize_field("thresholds", &self.thresholds)?;
        out.serialize_field("failures", &self.failures)?;
        out.serialize_field("iterations_complete", &self.iterations_complete)?;
        out.serialize_field("iterations_interrupted", &self.iterations_interrupted)?;
        out.serialize_field("vus", &self.vus)?;
        out.serialize_field("vus_max", &self.vus_max)?;
        out.serialize_field("rejected", &self.rejected)?;
        out.serialize_field("notes", &self.notes)?;
        out.serialize_field("client", &self.client)?;
        if let Some(skew) = self.start_skew {
            out.serialize_field("start_skew", &skew.as_secs_f64())?;
        }
        if !self.parts.is_empty() {
            out.serialize_field("parts", &self.parts)?;
        }
        out.end()
    }
}

/// Metrics by name, each followed by its sub-metrics.
struct Metrics<'a>(&'a Summary);

impl Serialize for Metrics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let summary = self.0;
        let stats = stats(&summary.trend_stats);
        let mut out = serializer.serialize_map(None)?;
        for metric in &summary.metrics {
            for series in std::iter::once(metric).chain(&metric.sub_metrics) {
                let entry = Entry {
                    kind: series.kind,
                    contains: series.unit.contains(),
                    tags: &series.tags,
                    empty: series.is_empty(),
                    values: Figures(series, &stats),
                    thresholds: of(&summary.thresholds, series),
                };
                out.serialize_entry(&series.selector(), &entry)?;
            }
        }
        out.end()
    }
}

/// The figures of every trend and those that the run selects, with percentiles in ascending order.
fn stats(wanted: &[Stat]) -> Vec<Stat> {
    let mut stats = USUAL.to_vec();
    for stat in wanted {
        if !stats.contains(stat) {
            stats.push(*stat);
        }
    }
    let rank = |stat: &Stat| match stat {
        Stat::Percentile(percent) => *percent,
        _ => -1.0,
    };
    stats.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
    stats
}

fn of<'a>(
    thresholds: &'a [ThresholdSummary],
    series: &MetricSummary,
) -> BTreeMap<&'a str, ThresholdEntry> {
    let own = thresholds
        .iter()
        .filter(|threshold| threshold.metric == series.name && threshold.tags == series.tags);
    own.map(|threshold| {
        let outcome = ThresholdEntry {
            ok: threshold.ok,
            value: threshold.value,
        };
        (threshold.source.as_str(), outcome)
    })
    .collect()
}

#[derive(serde::Serialize)]
struct ThresholdEntry {
    ok: Option<bool>,
    value: Option<f64>,
}

#[derive(serde::Serialize)]
struct Entry<'a> {
    #[serde(rename = "type")]
    kind: MetricKind,
    contains: &'static str,
    #[serde(skip_serializing_if = "Tags::is_empty")]
    tags: &'a Tags,
    empty: bool,
    values: Figures<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    thresholds: BTreeMap<&'a str, ThresholdEntry>,
}

struct Figures<'a>(&'a MetricSummary, &'a [Stat]);

impl Serialize for Figures<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        match &self.0.values {
            Sink::Counter(counter) => {
                out.serialize_entry("count", &counter.count)?;
                out.serialize_entry("rate", &self.0.rate().unwrap_or_default())?;
            }
            Sink::Gauge(gauge) => {
                out.serialize_entry("value", &gauge.value)?;
                out.serialize_entry("min", &gauge.min)?;
                out.serialize_entry("max", &gauge.max)?;
            }
            Sink::Rate(rate) => {
                out.serialize_entry("rate", &rate.rate())?;
                out.serialize_entry("passes", &rate.passes)?;
                out.serialize_entry("fails", &rate.fails())?;
                out.serialize_entry("total", &rate.total)?;
            }
            Sink::Trend(trend) => self.trend(trend, &mut out)?,
        }
        out.end()
    }
}

impl Figures<'_> {
    fn trend<M: SerializeMap>(&self, trend: &Trend, out: &mut M) -> Result<(), M::Error> {
        for stat in self.1 {
            match stat {
                Stat::Count => out.serialize_entry("count", &trend.count())?,
                stat => out.serialize_entry(&stat.to_string(), &trend.stat(*stat))?,
            }
        }
        out.serialize_entry("relative_error", &trend.relative_error())
    }
}
