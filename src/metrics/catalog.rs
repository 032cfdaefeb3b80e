//! The series of a run.

use serde::{Deserialize, Serialize};

use super::{MetricKind, Registry, SinkId, Tags, Unit};

/// The description of a series.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SeriesInfo {
    /// Name of the metric.
    pub metric: String,
    /// Its kind.
    pub kind: MetricKind,
    /// What its samples measure.
    pub unit: Unit,
    /// The tags of a sub-metric; empty for the whole metric.
    pub tags: Tags,
    /// The role of the series.
    pub role: SeriesRole,
}

/// The role of a series in its metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SeriesRole {
    /// The whole metric.
    #[serde(rename = "metric")]
    Whole,
    /// A sub-metric.
    #[serde(rename = "part")]
    SubMetric,
    /// One check of the metric `checks`.
    #[serde(rename = "check")]
    Check,
    /// The samples with one set of values of the tags that an output uses as labels. Each sample belongs to one such series.
    #[serde(rename = "labels")]
    Labels,
}

impl SeriesRole {
    /// Its name in saved runs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "metric",
            Self::SubMetric => "part",
            Self::Check => "check",
            Self::Labels => "labels",
        }
    }
}

impl SeriesInfo {
    /// The name as a selector: `metric`, or `metric{tag:value}`.
    pub fn selector(&self) -> String {
        self.tags.selector(&self.metric)
    }
}

/// The series of a registry; new ones are appended.
#[derive(Debug, Default)]
pub struct Catalog {
    series: Vec<SeriesInfo>,
    /// The sink of each series.
    sinks: Vec<SinkId>,
    /// The number of sinks of the registry at the last update.
    seen: usize,
}

impl Catalog {
    /// All series so far.
    pub fn of(registry: &Registry) -> Self {
        let mut catalog = Self::default();
        catalog.update(registry);
        catalog
    }

    /// Appends the series that are new since the last update.
    pub fn update(&mut self, registry: &Registry) {
        // A sink gets its number before its sub-metric is visible, so one that is missed now is found at the next update.
        let count = registry.sink_count();
        if count == self.seen && self.sinks.len() == self.seen {
            return;
        }
        self.seen = count;
        let known: std::collections::HashSet<SinkId> = self.sinks.iter().copied().collect();
        let mut new: Vec<(SinkId, SeriesInfo)> = Vec::new();
        for metric in registry.metrics() {
            for (tags, sink, role) in metric.series() {
                if !known.contains(&sink) {
                    let info = SeriesInfo {
                        metric: metric.name.clone(),
                        kind: metric.id.kind(),
                        unit: metric.id.unit(),
                        tags,
                        role,
                    };
                    new.push((sink, info));
                }
            }
        }
        new.sort_by_key(|(sink, _)| *sink);
        for (sink, info) in new {
            self.sinks.push(sink);
            self.series.push(info);
        }
    }

    /// The series.
    pub fn series(&self) -> &[SeriesInfo] {
        &self.series
    }

    /// Each series with its sink.
    pub fn iter(&self) -> impl Iterator<Item = (&SeriesInfo, SinkId)> {
        self.series.iter().zip(self.sinks.iter().copied())
    }
}
