//! The recorder of a worker.

use std::sync::{Arc, MutexGuard};

use super::id::SinkId;
use super::known::Known;
use super::samples::{LogEntry, SampleLog};
use super::totals::SinkTable;
use super::{MetricId, MetricKind, Registry, Tags};
use crate::spans;
use crate::sync::Mutex;

/// Records the samples of one worker. Clones record into the same shard and belong on the same thread.
///
/// Its lock is contended only while the collector swaps the shard for an empty one.
#[derive(Debug, Clone)]
pub struct Recorder {
    pub(super) registry: Arc<Registry>,
    pub(super) shard: Arc<Mutex<SinkTable>>,
    /// A copy of the list of metrics, so that workers do not contend for the lock of the registry on each request.
    pub(super) known: Arc<Mutex<Known>>,
    /// The log of individual samples, if an output needs them.
    pub(super) log: Option<Arc<Mutex<SampleLog>>>,
    /// The spans of requests, if traces are pushed.
    pub(super) spans: Option<Arc<spans::SpanLog>>,
}

/// A metric with tags, resolved to the sinks of its samples. Resolve once, record often.
#[derive(Debug, Clone)]
pub struct Series {
    pub(super) id: MetricId,
    /// The sinks of the sub-metrics that the samples belong to.
    pub(super) sub_metrics: Option<Arc<[SinkId]>>,
    /// The tags of its samples; empty unless individual samples are kept.
    tags: Tags,
}

impl Series {
    pub(super) fn new(id: MetricId, sub_metrics: Option<Arc<[SinkId]>>) -> Self {
        Self {
            id,
            sub_metrics,
            tags: Tags::new(),
        }
    }

    /// The metric.
    pub fn metric(&self) -> MetricId {
        self.id
    }
}

impl Recorder {
    /// The log of spans; `None` if traces are not pushed.
    #[inline]
    pub(crate) fn spans(&self) -> Option<&Arc<spans::SpanLog>> {
        self.spans.as_ref()
    }

    /// The registry of its metrics.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Resolves a metric with the tags of its samples. For a metric without sub-metrics, this neither allocates nor contends
    /// with other workers.
    pub fn series(&self, metric: MetricId, tags: &Tags) -> Series {
        self.series_tagged(metric, tags, &Tags::new())
    }

    /// Resolves a metric with the tags of the context, `base`, and those given with the sample, `own`. Each of the first
    /// hundred sets of own tags becomes a sub-metric.
    pub fn series_tagged(&self, metric: MetricId, base: &Tags, own: &Tags) -> Series {
        let mut known = self.known.lock();
        let mut series = self.registry.series(&mut known, metric, base, own);
        drop(known);
        if self.log.is_some() {
            series.tags = base.merged(own);
        }
        series
    }

    /// Records one sample and returns true. A sample that is not finite, or negative for a counter, is rejected and counted
    /// as such.
    pub fn add(&self, series: &Series, value: f64) -> bool {
        self.batch().add(series, value)
    }

    /// Records the same sample `n` times.
    pub fn add_n(&self, series: &Series, value: f64, n: u64) -> bool {
        self.batch().add_n(series, value, n)
    }

    /// Records one sample with its own tags: [`Recorder::series_tagged`] and [`Recorder::add`].
    pub fn add_tagged(&self, metric: MetricId, base: &Tags, own: &Tags, value: f64) -> bool {
        self.add(&self.series_tagged(metric, base, own), value)
    }

    /// Counts a failure by its kind, and keeps the first message of each kind. `source` is the failed part: `http`, `sse`,
    /// `llm` or `iteration`.
    pub(crate) fn fail(
        &self,
        source: &'static str,
        kind: &str,
        status: Option<u16>,
        message: impl FnOnce() -> String,
    ) {
        let mut shard = self.shard.lock();
        shard.failures().add(source, kind, status, message);
    }

    /// Counts `n` failures of the same kind; see [`Recorder::fail`].
    pub(crate) fn fail_n(&self, source: &'static str, kind: &'static str, n: u64, message: &str) {
        self.shard.lock().failures().add_n(source, kind, n, message);
    }

    /// Locks the shard once for many samples. Do not hold the batch across an await: the collector waits for it.
    pub fn batch(&self) -> Batch<'_> {
        Batch {
            registry: &self.registry,
            shard: self.shard.lock(),
            log: self.log.as_deref().map(LogEntry::begin),
        }
    }
}

/// A locked shard. See [`Recorder::batch`].
#[derive(Debug)]
pub struct Batch<'a> {
    registry: &'a Registry,
    shard: MutexGuard<'a, SinkTable>,
    log: Option<LogEntry<'a>>,
}

impl Batch<'_> {
    /// Records one sample; see [`Recorder::add`].
    pub fn add(&mut self, series: &Series, value: f64) -> bool {
        self.add_n(series, value, 1)
    }

    /// Records a sample `n` times; see [`Recorder::add_n`].
    pub fn add_n(&mut self, series: &Series, value: f64, n: u64) -> bool {
        let id = series.id;
        if !value.is_finite() || (id.kind() == MetricKind::Counter && value < 0.0) {
            self.shard.reject(n);
            return false;
        }
        if n == 0 {
            return true;
        }
        let set = if id.kind() == MetricKind::Gauge {
            self.registry.next_setting()
        } else {
            0
        };
        self.shard.sink(id.sink(), id).add(value, n, set);
        for &sub_metric in series
            .sub_metrics
            .iter()
            .flat_map(|sub_metrics| sub_metrics.iter())
        {
            self.shard.sink(sub_metric, id).add(value, n, set);
        }
        if let Some(log) = &mut self.log {
            log.keep(&self.registry.logs, id, value, n, &series.tags);
        }
        true
    }
}

#[cfg(test)]
mod tests;
