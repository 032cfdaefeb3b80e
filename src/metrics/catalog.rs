//! The series of a run.

use serde::{Deserialize, Serialize};

use super::{MetricKind, Registry, SinkId, Tags, Unit};

/// What a series is: a metric, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SeriesInfo {
    /// Name of the metric.
    pub metric: String,
    /// Its kind.
    pub kind: MetricKind,
    /// What its samples measure.
    pub unit: Unit,
    /// The tags of the part; none for the whole metric.
    pub tags: Tags,
    /// What the series is to its metric.
    pub role: SeriesRole,
}

/// What a series is to its metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SeriesRole {
    /// All of it.
    Whole,
    /// The samples with certain tags.
    SubMetric,
    /// One check, of the metric `checks`.
    Check,
    /// The samples with one set of values of the tags that an output has as labels; each sample is in one of these.
    Labels,
}

impl SeriesRole {
    /// Its word in saved runs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "metric",
            Self::SubMetric => "part",
            Self::Check => "check",
            Self::Labels => "labels",
        }
    }

    /// The part of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Whole, Self::SubMetric, Self::Check, Self::Labels]
            .into_iter()
            .find(|role| role.name() == text)
    }
}

impl SeriesInfo {
    /// As a selector names it: `metric`, or `metric{tag:value}`.
    pub fn selector(&self) -> String {
        self.tags.selector(&self.metric)
    }
}

/// The series of a registry, in an order in which new ones come last.
#[derive(Debug, Default)]
pub struct Catalog {
    series: Vec<SeriesInfo>,
    /// The sink of each series.
    sinks: Vec<SinkId>,
    /// How many sinks the registry had.
    seen: usize,
}

impl Catalog {
    /// All series so far.
    pub fn of(registry: &Registry) -> Self {
        let mut catalog = Self::default();
        catalog.update(registry);
        catalog
    }

    /// Takes up what has become known since the last time.
    pub fn update(&mut self, registry: &Registry) {
        // Sinks are numbered before their parts can be seen, so a part that is missed now is found the next time.
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
