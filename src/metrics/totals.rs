//! The merged samples of all workers.

use super::id::SinkId;
use super::{Failures, MetricId, MetricKind, Registry, Sink, Unit};

/// The samples of all workers, merged.
#[derive(Debug, Default)]
pub struct Totals {
    table: SinkTable,
    /// An empty shard to swap in; the collected shard of one worker is cleared and reused for the next.
    spare: SinkTable,
}

/// Sinks by number: the shard of a worker, or the totals. Aligned to cache lines, so that workers never share one.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct SinkTable {
    sinks: Vec<Option<Sink>>,
    rejected: u64,
    failures: Failures,
}

impl Totals {
    /// Totals without samples.
    pub fn new() -> Self {
        Self::default()
    }

    /// Collects the samples recorded since the last call. The shard of a worker is locked only while it is swapped for an empty
    /// one.
    pub fn collect(&mut self, registry: &Registry) {
        for shard in registry.shards.all() {
            std::mem::swap(&mut *shard.lock(), &mut self.spare);
            self.table.merge(&self.spare);
            self.spare.clear();
        }
    }

    /// Adds other totals, such as those of an interval to those of the run.
    pub fn merge(&mut self, other: &Self) {
        self.table.merge(&other.table);
    }

    /// The sink of a series of this kind and unit, to add the samples of another process.
    pub fn entry(&mut self, sink: SinkId, kind: MetricKind, unit: Unit) -> &mut Sink {
        self.table.slot(sink, kind, unit)
    }

    /// Adds the failures of another process.
    pub fn add_failures(&mut self, failures: &Failures) {
        self.table.failures.merge(failures);
    }

    /// Adds to the number of rejected samples.
    pub fn reject(&mut self, n: u64) {
        self.table.reject(n);
    }

    /// Removes everything and keeps the memory.
    pub fn clear(&mut self) {
        self.table.clear();
    }

    /// The sink of that number; `None` without samples.
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

    /// Whether there are no samples and no failures.
    pub fn is_empty(&self) -> bool {
        let sinks = self.table.sinks.iter().flatten();
        self.table.failures.is_empty() && sinks.into_iter().all(Sink::is_empty)
    }

    /// The number of rejected samples: not finite, or negative for a counter.
    pub fn rejected(&self) -> u64 {
        self.table.rejected
    }

    /// The failures by kind.
    pub fn failures(&self) -> &Failures {
        &self.table.failures
    }
}

impl SinkTable {
    /// The sink of that number, of `metric` or one of its sub-metrics.
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
