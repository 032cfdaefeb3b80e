//! The merged samples of all workers.

use super::id::SinkId;
use super::{Failures, MetricId, MetricKind, Registry, Sink, Unit};

/// The samples of all workers, merged.
#[derive(Debug, Default)]
pub struct Totals {
    table: SinkTable,
    /// An empty shard to swap in. One is enough: what comes out of one worker is emptied and goes to the next.
    spare: SinkTable,
}

/// Sinks by their numbers: a worker's shard, or the totals. On cache lines of its own, so that no worker writes where
/// another one's shard is.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct SinkTable {
    sinks: Vec<Option<Sink>>,
    rejected: u64,
    failures: Failures,
}

impl Totals {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what the workers recorded since the last time. Each worker's shard is locked only for the moment in which
    /// it is swapped for an empty one.
    pub fn collect(&mut self, registry: &Registry) {
        for shard in registry.shards.all() {
            std::mem::swap(&mut *shard.lock(), &mut self.spare);
            self.table.merge(&self.spare);
            self.spare.clear();
        }
    }

    /// Adds another's totals, e.g. those of an interval to those of the run.
    pub fn merge(&mut self, other: &Self) {
        self.table.merge(&other.table);
    }

    /// Where a series of this kind and unit is summed up, for what another process recorded of it.
    pub fn entry(&mut self, sink: SinkId, kind: MetricKind, unit: Unit) -> &mut Sink {
        self.table.slot(sink, kind, unit)
    }

    /// Counts what failed in another process.
    pub fn add_failures(&mut self, failures: &Failures) {
        self.table.failures.merge(failures);
    }

    /// Counts samples that another process refused.
    pub fn reject(&mut self, n: u64) {
        self.table.reject(n);
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.table.clear();
    }

    /// What a sink has summed up; `None` if no sample ever reached it.
    pub fn sink(&self, sink: SinkId) -> Option<&Sink> {
        self.table
            .sinks
            .get(sink.0 as usize)?
            .as_ref()
            .filter(|sink| !sink.is_empty())
    }

    /// The sum of a counter so far; 0 for other kinds.
    pub fn count(&self, counter: MetricId) -> f64 {
        match self.sink(counter.sink()) {
            Some(Sink::Counter(counter)) => counter.count,
            _ => 0.0,
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        let sinks = self.table.sinks.iter().flatten();
        self.table.failures.is_empty() && sinks.into_iter().all(Sink::is_empty)
    }

    /// Samples that were refused: no finite numbers, or less than zero for a counter.
    pub fn rejected(&self) -> u64 {
        self.table.rejected
    }

    /// What failed, by kind.
    pub fn failures(&self) -> &Failures {
        &self.table.failures
    }
}

impl SinkTable {
    /// The sink of that number, which is for `metric` or a part of it.
    pub(super) fn sink(&mut self, sink: SinkId, metric: MetricId) -> &mut Sink {
        self.slot(sink, metric.kind(), metric.unit())
    }

    fn slot(&mut self, sink: SinkId, kind: MetricKind, unit: Unit) -> &mut Sink {
        let index = sink.0 as usize;
        if index >= self.sinks.len() {
            self.sinks.resize_with(index + 1, || None);
        }
        self.sinks[index].get_or_insert_with(|| Sink::new(kind, unit))
    }

    pub(super) fn failures(&mut self) -> &mut Failures {
        &mut self.failures
    }

    pub(super) fn reject(&mut self, n: u64) {
        self.rejected = self.rejected.saturating_add(n);
    }

    fn merge(&mut self, other: &Self) {
        if self.sinks.len() < other.sinks.len() {
            self.sinks.resize_with(other.sinks.len(), || None);
        }
        for (own, other) in self.sinks.iter_mut().zip(&other.sinks) {
            match (own, other) {
                (_, None) => {}
                (_, Some(other)) if other.is_empty() => {}
                (Some(own), Some(other)) => own.merge(other),
                (own, Some(other)) => *own = Some(other.clone()),
            }
        }
        self.reject(other.rejected);
        self.failures.merge(&other.failures);
    }

    fn clear(&mut self) {
        self.sinks.iter_mut().flatten().for_each(Sink::clear);
        self.rejected = 0;
        self.failures.clear();
    }
}

#[cfg(test)]
mod tests;
