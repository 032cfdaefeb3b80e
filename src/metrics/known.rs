//! A worker's cache of metrics, which avoids the registry's lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::recent::Recent;
use super::registry::RegisteredMetric;
use super::{MetricId, SinkId, Tags};

/// The version of the list of metrics. Read for each series, so it is aligned to its own cache lines.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct MetricsVersion(AtomicU64);

impl Default for MetricsVersion {
    /// A version newer than that of an empty copy.
    fn default() -> Self {
        Self(AtomicU64::new(1))
    }
}

impl MetricsVersion {
    /// Marks the metrics as changed. The caller holds their lock.
    pub(super) fn change(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// A copy of the metrics at a version.
#[derive(Debug, Default)]
pub(super) struct Known {
    version: u64,
    list: Vec<Arc<RegisteredMetric>>,
    /// The recently resolved tags of each metric, with their sub-metrics. Requests repeat their tags, and repeated tags share
    /// their memory.
    recent: Vec<Recent<(Tags, SubMetrics)>>,
}

/// The sinks of the sub-metrics of samples with certain tags.
pub(super) type SubMetrics = Option<Arc<[SinkId]>>;

impl Known {
    /// Replaces the copy with the metrics `now` if they have changed.
    pub(super) fn refresh(
        &mut self,
        version: &MetricsVersion,
        now: impl FnOnce() -> Vec<Arc<RegisteredMetric>>,
    ) {
        let version = version.0.load(Ordering::Acquire);
        if self.version != version {
            // If they change meanwhile, so does their version, and the next call copies them again.
            self.list = now();
            self.version = version;
            self.recent.clear();
        }
    }

    pub(super) fn get(&self, id: MetricId) -> Option<&Arc<RegisteredMetric>> {
        self.list.get(id.index as usize)
    }

    /// The sub-metrics of samples with these tags, if they were resolved recently.
    pub(super) fn sub_metrics(&self, id: MetricId, tags: &Tags) -> Option<SubMetrics> {
        let recent = self.recent.get(id.index as usize)?;
        let found = recent.find(tags.address(), |(own, _)| own.is_same(tags));
        found.map(|(_, sub_metrics)| sub_metrics.clone())
    }

    /// Remembers the sub-metrics of tags.
    pub(super) fn remember(&mut self, id: MetricId, tags: &Tags, sub_metrics: &SubMetrics) {
        let index = id.index as usize;
        if self.recent.len() <= index {
            self.recent.resize_with(index + 1, Recent::default);
        }
        self.recent[index].keep(tags.address(), (tags.clone(), sub_metrics.clone()));
    }
}
