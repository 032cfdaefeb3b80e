//! A worker's cache of metrics, which avoids the registry's lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::recent::Recent;
use super::registry::RegisteredMetric;
use super::{MetricId, SinkId, Tags};

/// Which metrics there are. Read for each series, so it lies on cache lines of its own.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct MetricsVersion(AtomicU64);

impl Default for MetricsVersion {
    /// Newer than an empty copy.
    fn default() -> Self {
        Self(AtomicU64::new(1))
    }
}

impl MetricsVersion {
    /// Marks the metrics as changed; the caller holds their lock.
    pub(super) fn change(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// The metrics of a version.
#[derive(Debug, Default)]
pub(super) struct Known {
    version: u64,
    list: Vec<Arc<RegisteredMetric>>,
    /// For each metric the tags that were resolved last, with the parts they lead to. Tags of requests come again and again,
    /// and are the same in memory where they do.
    recent: Vec<Recent<(Tags, SubMetrics)>>,
}

/// The sinks of the parts that samples with certain tags belong to.
pub(super) type SubMetrics = Option<Arc<[SinkId]>>;

impl Known {
    /// Takes the metrics as they are `now`, if they have changed.
    pub(super) fn refresh(
        &mut self,
        version: &MetricsVersion,
        now: impl FnOnce() -> Vec<Arc<RegisteredMetric>>,
    ) {
        let version = version.0.load(Ordering::Acquire);
        if self.version != version {
            // Should they change meanwhile, their version does as well, and they are taken once more.
            self.list = now();
            self.version = version;
            self.recent.clear();
        }
    }

    pub(super) fn get(&self, id: MetricId) -> Option<&Arc<RegisteredMetric>> {
        self.list.get(id.index as usize)
    }

    /// The parts that samples of a metric with these tags belong to, if they were resolved lately.
    pub(super) fn sub_metrics(&self, id: MetricId, tags: &Tags) -> Option<SubMetrics> {
        let recent = self.recent.get(id.index as usize)?;
        let found = recent.find(tags.address(), |(own, _)| own.is_same(tags));
        found.map(|(_, sub_metrics)| sub_metrics.clone())
    }

    /// Remembers what tags lead to.
    pub(super) fn remember(&mut self, id: MetricId, tags: &Tags, sub_metrics: &SubMetrics) {
        let index = id.index as usize;
        if self.recent.len() <= index {
            self.recent.resize_with(index + 1, Recent::default);
        }
        self.recent[index].keep(tags.address(), (tags.clone(), sub_metrics.clone()));
    }
}
