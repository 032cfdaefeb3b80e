//! The places of series that other processes of a run have.

use std::sync::atomic::{AtomicU32, Ordering};

use super::Registry;
use crate::metrics::{MetricError, SeriesInfo, SeriesRole, SinkId, is_llm};

impl Registry {
    /// Where a series is summed up that another process of the run has, made if it is new here. `None` for a part beyond
    /// those that its metric may have: its samples are in the whole.
    ///
    /// # Errors
    /// A metric of that name which is of another kind here.
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
        // Labels of an output and a split for the summary may be by the same tags, and are different series.
        let are_labels = *role == SeriesRole::Labels;
        let split = splits
            .find(|split| split.is_by(tags) && (split.role() == SeriesRole::Labels) == are_labels);
        let (place, warning) = match split {
            Some(split) => split.sub_metric(&metric.name, tags, || next_sink(&self.sinks)),
            None => (None, None),
        };
        self.warnings.lock().extend(warning);
        Ok(place)
    }
}

/// The next number of a sink.
pub(super) fn next_sink(sinks: &AtomicU32) -> SinkId {
    SinkId(sinks.fetch_add(1, Ordering::Relaxed))
}
