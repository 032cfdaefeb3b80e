use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::id::SinkId;
use super::{Selector, SeriesRole, Tags};
use crate::sync::RwLock;

/// Splits a metric by tags: into a sub-metric for each set of values, created with its first sample, up to a bound.
#[derive(Debug)]
pub(super) struct Split {
    by: By,
    bound: usize,
    sub_metrics: RwLock<HashMap<Tags, SinkId>>,
    overflowed: AtomicBool,
}

/// The tags that a split is by.
#[derive(Debug)]
enum By {
    /// The values of these tags, ignoring empty ones. A sample without the first tag belongs to no sub-metric.
    Keys(Vec<Arc<str>>),
    /// The values of all these tags, whether or not a sample has them, so each sample belongs to one sub-metric.
    Labels { keys: Vec<Arc<str>>, none: Arc<str> },
    /// All tags given with the sample itself.
    OwnTags,
}

/// The maximum number of sub-metrics by one tag.
pub(super) const BOUND: usize = 100;
/// The maximum number of sub-metrics by several tags together.
const LABELS: usize = 1_000;

impl Split {
    pub(super) fn by_keys(keys: &[&str], bound: usize) -> Self {
        Self::new(
            By::Keys(keys.iter().map(|&key| key.into()).collect()),
            bound,
        )
    }

    pub(super) fn by_labels(tags: &[String]) -> Self {
        let mut tags: Vec<Arc<str>> = tags.iter().map(|tag| (&**tag).into()).collect();
        tags.sort();
        tags.dedup();
        let (keys, none) = (tags, "".into());
        Self::new(By::Labels { keys, none }, LABELS)
    }

    /// The role of its series.
    pub(super) fn role(&self) -> SeriesRole {
        match self.by {
            By::Labels { .. } => SeriesRole::Labels,
            By::Keys(_) | By::OwnTags => SeriesRole::SubMetric,
        }
    }

    pub(super) fn by_own_tags() -> Self {
        Self::new(By::OwnTags, BOUND)
    }

    fn new(by: By, bound: usize) -> Self {
        Self {
            by,
            bound,
            sub_metrics: RwLock::default(),
            overflowed: AtomicBool::new(false),
        }
    }

    /// The sub-metric of a sample with these tags; `make` creates it if it is new. `None` if the sample belongs to no
    /// sub-metric, or if the bound is reached, which the first sample beyond the bound reports as a warning.
    pub(super) fn sub_metric(
        &self,
        metric: &str,
        tags: &Tags,
        make: impl FnOnce() -> SinkId,
    ) -> (Option<SinkId>, Option<Warning>) {
        let Some(key) = self.key(tags) else {
            return (None, None);
        };
        if let Some(&sink) = self.sub_metrics.read().get(&key) {
            return (Some(sink), None);
        }
        if !self.overflowed.load(Ordering::Relaxed) {
            let mut sub_metrics = self.sub_metrics.write();
            if sub_metrics.len() < self.bound || sub_metrics.contains_key(&key) {
                return (Some(*sub_metrics.entry(key).or_insert_with(make)), None);
            }
            if !self.overflowed.swap(true, Ordering::Relaxed) {
                let warning = self.warning(metric, sub_metrics.keys());
                // One more, beyond the bound, for all other samples.
                let rest = self.rest();
                let rest = rest.map(|key| *sub_metrics.entry(key).or_insert_with(make));
                return (rest, Some(warning));
            }
        }
        let rest = self.rest();
        let rest = rest.and_then(|key| self.sub_metrics.read().get(&key).copied());
        (rest, None)
    }

    /// The tags of the sub-metric for samples beyond the bound; `None` if they belong to no sub-metric.
    fn rest(&self) -> Option<Tags> {
        match &self.by {
            By::Labels { keys, none } => Some(Tags::new().exactly(keys, none)),
            By::Keys(_) | By::OwnTags => None,
        }
    }

    /// Whether one of its sub-metrics has these tags.
    pub(super) fn is_by(&self, tags: &Tags) -> bool {
        self.key(tags).is_some_and(|key| key == *tags)
    }

    fn key(&self, tags: &Tags) -> Option<Tags> {
        match &self.by {
            By::Keys(keys) => tags
                .get(keys.first()?)
                .filter(|value| !value.is_empty())
                .map(|_| tags.only(keys)),
            By::Labels { keys, none } => Some(tags.exactly(keys, none)),
            By::OwnTags => (!tags.is_empty()).then(|| tags.clone()),
        }
    }

    fn warning<'a>(&self, metric: &str, keys: impl Iterator<Item = &'a Tags>) -> Warning {
        let tag = match &self.by {
            By::Keys(keys) => keys.first().map(ToString::to_string).unwrap_or_default(),
            By::Labels { .. } | By::OwnTags => most_varied(keys),
        };
        Warning {
            metric: metric.to_owned(),
            tag,
            bound: self.bound,
        }
    }

    /// The sub-metrics in order of their first samples.
    pub(super) fn sub_metrics(&self) -> Vec<(Tags, SinkId)> {
        let mut sub_metrics: Vec<_> = self
            .sub_metrics
            .read()
            .iter()
            .map(|(k, &v)| (k.clone(), v))
            .collect();
        // Numbers of sinks are assigned in ascending order under this lock.
        sub_metrics.sort_unstable_by_key(|&(_, sink)| sink);
        sub_metrics
    }
}

/// The tag with the most distinct values.
fn most_varied<'a>(sets: impl Iterator<Item = &'a Tags>) -> String {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (key, value) in sets.flat_map(Tags::iter) {
        values.entry(key).or_default().insert(value);
    }
    values
        .iter()
        .max_by_key(|(_, values)| values.len())
        .map_or("", |(key, _)| key)
        .to_owned()
}

/// A metric has more sub-metrics by a tag than are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Warning {
    /// Name of the metric.
    pub metric: String,
    /// The tag; of several, the one with the most distinct values.
    pub tag: String,
    /// The maximum number of sub-metrics.
    pub bound: usize,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, tag, bound } = self;
        write!(
            f,
            "metric `{metric}` has more than {bound} sub-metrics by the tag `{tag}`: samples with further values count in \
             the metric's total only; use fewer values, such as a name in place of an id, or drop the tag"
        )
    }
}

/// The splits of a metric that the selectors of a run declare.
pub(super) fn declared(metric: &str, selectors: &[Selector]) -> Vec<Split> {
    let tags: BTreeSet<&str> = selectors
        .iter()
        .filter_map(|selector| match selector {
            Selector::Split { metric: of, tag } if of == metric => Some(&**tag),
            Selector::SplitAll { tag } => Some(tag),
            _ => None,
        })
        .collect();
    let mut splits: Vec<Split> = tags
        .into_iter()
        .map(|tag| Split::by_keys(&[tag], BOUND))
        .collect();
    splits.extend(selectors.iter().filter_map(|selector| match selector {
        Selector::Labels { prefix, tags } if metric.starts_with(prefix) => {
            Some(Split::by_labels(tags))
        }
        _ => None,
    }));
    splits
}
