//! Selects the series to push.

use std::collections::BTreeSet;

use crate::metrics::{SeriesInfo, SeriesRole};

/// Selects the series that are broken down by certain tags: each sample of a metric is in exactly one of them, so that a
/// store can add them up.
#[derive(Debug)]
pub(crate) struct SeriesFilter {
    tags: BTreeSet<String>,
    /// Other tags for metrics with this name prefix.
    others: Option<(&'static str, BTreeSet<String>)>,
    /// The decision for each series so far.
    chosen: Vec<bool>,
    /// Whether the run breaks metrics down by these tags. Otherwise it has only whole metrics.
    is_split: bool,
}

impl SeriesFilter {
    /// Selects series by these tags.
    pub(crate) fn by(tags: &[String]) -> Self {
        Self {
            tags: tags.iter().cloned().collect(),
            others: None,
            chosen: Vec::new(),
            is_split: false,
        }
    }

    /// Uses other tags for metrics whose names begin with `prefix`.
    #[must_use]
    pub(crate) fn and(self, prefix: &'static str, tags: &[String]) -> Self {
        Self {
            others: Some((prefix, tags.iter().cloned().collect())),
            ..self
        }
    }

    /// Whether the series at this index is pushed.
    pub(crate) fn has(&mut self, series: &[SeriesInfo], place: usize) -> bool {
        if let Some(new) = series
            .get(self.chosen.len()..)
            .filter(|new| !new.is_empty())
        {
            let is_part = |info: &SeriesInfo| {
                let tags = match &self.others {
                    Some((prefix, tags)) if info.metric.starts_with(prefix) => tags,
                    _ => &self.tags,
                };
                info.role == SeriesRole::Labels
                    && info.tags.len() == tags.len()
                    && info.tags.iter().all(|(tag, _)| tags.contains(tag))
            };
            self.is_split |= new.iter().any(is_part);
            let is_chosen = |info: &SeriesInfo| {
                if self.is_split {
                    is_part(info)
                } else {
                    info.role == SeriesRole::Whole
                }
            };
            self.chosen.extend(new.iter().map(is_chosen));
        }
        self.chosen.get(place).copied().unwrap_or(false)
    }
}

/// The labels of a series: its tags with a value.
pub(crate) fn labels(info: &SeriesInfo) -> impl Iterator<Item = (&str, &str)> {
    info.tags.iter().filter(|(_, value)| !value.is_empty())
}
