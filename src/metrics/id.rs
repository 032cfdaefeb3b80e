//! The numbers of metrics and their sinks.

use super::{MetricKind, Unit};

/// The number of a sink: the index of a metric or sub-metric in every shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SinkId(pub(super) u32);

/// A registered metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MetricId {
    /// Its index in the list of metrics.
    pub(super) index: u32,
    /// The sink of the whole metric.
    pub(super) sink: SinkId,
    pub(super) kind: MetricKind,
    pub(super) unit: Unit,
}

impl MetricId {
    /// Its kind.
    pub fn kind(self) -> MetricKind {
        self.kind
    }

    /// The unit of its samples.
    pub fn unit(self) -> Unit {
        self.unit
    }

    /// The sink of the whole metric.
    pub(crate) fn sink(self) -> SinkId {
        self.sink
    }
}

/// The series that a selector names: a metric or a declared sub-metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesRef {
    /// The sink.
    pub sink: SinkId,
    /// The metric's kind.
    pub kind: MetricKind,
    /// The unit of its samples.
    pub unit: Unit,
}
