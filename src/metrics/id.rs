//! The numbers of metrics and their parts in every shard.

use std::hash::{Hash, Hasher};

use super::{MetricKind, Unit};

/// Number of a sink: the place in every shard where a metric, or a part of it, is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SinkId(pub(super) u32);

/// A registered metric.
#[derive(Debug, Clone, Copy)]
pub struct MetricId {
    /// Its place among all metrics.
    pub(super) index: u32,
    /// Sink of the whole metric.
    pub(super) sink: SinkId,
    pub(super) kind: MetricKind,
    pub(super) unit: Unit,
}

impl MetricId {
    /// The metric's kind.
    pub fn kind(self) -> MetricKind {
        self.kind
    }

    /// What its samples measure.
    pub fn unit(self) -> Unit {
        self.unit
    }

    /// The sink of the whole metric.
    pub fn sink(self) -> SinkId {
        self.sink
    }
}

impl PartialEq for MetricId {
    fn eq(&self, other: &Self) -> bool {
        self.sink == other.sink
    }
}

impl Eq for MetricId {}

impl Hash for MetricId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sink.hash(state);
    }
}

/// Where a selector leads: the sink of a metric or of a declared part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesRef {
    /// The sink.
    pub sink: SinkId,
    /// The metric's kind.
    pub kind: MetricKind,
    /// What its samples measure.
    pub unit: Unit,
}
