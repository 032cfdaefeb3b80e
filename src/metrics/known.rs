//! The metrics as one worker saw them last, so that workers do not meet at the registry's lock for each request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::MetricId;
use super::registry::Metric;

/// Which metrics there are. Read for each series, so it lies on cache lines of its own.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Version(AtomicU64);

impl Default for Version {
    /// Newer than what somebody knows who knows nothing.
    fn default() -> Self {
        Self(AtomicU64::new(1))
    }
}

impl Version {
    /// The metrics are about to be changed; their lock is held.
    pub(super) fn change(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// The metrics of a version.
#[derive(Debug, Default)]
pub(super) struct Known {
    version: u64,
    list: Vec<Arc<Metric>>,
}

impl Known {
    /// Takes the metrics as they are `now`, if they have changed.
    pub(super) fn refresh(&mut self, version: &Version, now: impl FnOnce() -> Vec<Arc<Metric>>) {
        let version = version.0.load(Ordering::Acquire);
        if self.version != version {
            // Should they change meanwhile, their version does as well, and they are taken once more.
            self.list = now();
            self.version = version;
        }
    }

    pub(super) fn get(&self, id: MetricId) -> Option<&Arc<Metric>> {
        self.list.get(id.index as usize)
    }
}
