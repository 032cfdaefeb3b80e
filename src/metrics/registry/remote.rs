//! The sinks of series from other processes of a run.

use std::sync::atomic::{AtomicU32, Ordering};

use super::Registry;
use crate::metrics::{MetricError, SeriesInfo, SeriesRole, SinkId, is_llm};

impl Registry {
    /// The sink of a series from another process of the run, created if it is new here. `None` for a sub-metric beyond the
    /// bound of its metric, whose samples are only in the whole.
    ///
    /// # Errors
    /// The name belongs to a metric of another kind here.
    pub fn sink_of(&self, series: &SeriesInfo) -> Result<Option<SinkId>, MetricError> {
        let SeriesInfo {
            metric,
            kind,
            unit,
            tags,
            role,
        } = series;
        if is_llm(metric) && self.metric(metric).is_none() {
            self.register_llm()?;
        }
        let id = self.register(metric, *kind, *unit)?;
        if *role == SeriesRole::Whole {
            return Ok(Some(id.sink));
        }
        let metric = self.get(id);
        let filter = metric.filters.iter().find(|(filter, _)| filter == tags);
        if let (Some((_, sink)), SeriesRole::SubMetric) = (filter, role) {
            return Ok(Some(*sink));
        }
        let own = std::iter::once(&metric.own);
        let mut splits = metric.splits.iter().chain(own);
        // The labels of an output and a split for the summary may have the same tags, but are different series.
        let are_labels = *role == SeriesRole::Labels;
        let split = splits
            .find(|split| split.is_by(tags) && (split.role() == SeriesRole::Labels) == are_labels);
        let (sink, warning) = match split {
            Some(split) => split.sub_metric(&metric.name, tags, || next_sink(&self.sinks)),
            None => (None, None),
        };
        self.warnings.lock().extend(warning);
        Ok(sink)
    }
}

/// The number of a new sink.
pub(super) fn next_sink(sinks: &AtomicU32) -> SinkId {
    SinkId(sinks.fetch_add(1, Ordering::Relaxed))
}
