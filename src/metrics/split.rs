use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::id::SinkId;
use super::{Part, Selector, Tags};
use crate::sync::RwLock;

/// A metric broken down by tags: a sub-metric for each set of values, made when it is first seen, up to a bound.
#[derive(Debug)]
pub(super) struct Split {
    by: By,
    bound: usize,
    parts: RwLock<HashMap<Tags, SinkId>>,
    overflowed: AtomicBool,
}

/// The tags that a split is by.
#[derive(Debug)]
enum By {
    /// The values of these tags; an empty value is none. A sample without the first one is in no part.
    Keys(Vec<Arc<str>>),
    /// The values of all of these tags, whether a sample has them or not: each sample is in one part.
    Labels { keys: Vec<Arc<str>>, none: Arc<str> },
    /// All tags that were given with the sample itself.
    OwnTags,
}

/// How many parts a metric may have by one tag.
pub(super) const BOUND: usize = 100;
/// How many it may have by several tags together.
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

    /// The scope of its series.
    pub(super) fn kind(&self) -> Part {
        match self.by {
            By::Labels { .. } => Part::Labels,
            By::Keys(_) | By::OwnTags => Part::Tagged,
        }
    }

    pub(super) fn by_own_tags() -> Self {
        Self::new(By::OwnTags, BOUND)
    }

    fn new(by: By, bound: usize) -> Self {
        Self {
            by,
            bound,
            parts: RwLock::default(),
            overflowed: AtomicBool::new(false),
        }
    }

    /// The part a sample with these tags belongs to, made by `make` if it is new; `None` if it belongs to none, or
    /// there are as many as there may be. The first time of the latter gives the warning.
    pub(super) fn part(
        &self,
        metric: &str,
        tags: &Tags,
        make: impl FnOnce() -> SinkId,
    ) -> (Option<SinkId>, Option<Warning>) {
        let Some(key) = self.key(tags) else {
            return (None, None);
        };
        if let Some(&part) = self.parts.read().get(&key) {
            return (Some(part), None);
        }
        if !self.overflowed.load(Ordering::Relaxed) {
            let mut parts = self.parts.write();
            if parts.len() < self.bound || parts.contains_key(&key) {
                return (Some(*parts.entry(key).or_insert_with(make)), None);
            }
            if !self.overflowed.swap(true, Ordering::Relaxed) {
                let warning = self.warning(metric, parts.keys());
                // The part for all the rest, beyond the bound.
                let rest = self.rest();
                let rest = rest.map(|key| *parts.entry(key).or_insert_with(make));
                return (rest, Some(warning));
            }
        }
        let rest = self.rest();
        let rest = rest.and_then(|key| self.parts.read().get(&key).copied());
        (rest, None)
    }

    /// The part of samples whose own part is one too many; `None` where they are in none.
    fn rest(&self) -> Option<Tags> {
        match &self.by {
            By::Labels { keys, none } => Some(Tags::new().exactly(keys, none)),
            By::Keys(_) | By::OwnTags => None,
        }
    }

    /// Whether these are the tags of one of its parts.
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

    /// The parts in the order in which they were first seen.
    pub(super) fn parts(&self) -> Vec<(Tags, SinkId)> {
        let mut parts: Vec<_> = self
            .parts
            .read()
            .iter()
            .map(|(k, &v)| (k.clone(), v))
            .collect();
        // Numbers of sinks are given out under the lock of the parts, in growing order.
        parts.sort_unstable_by_key(|&(_, sink)| sink);
        parts
    }
}

/// The tag with most distinct values.
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

/// A metric has more parts by a tag than are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Name of the metric.
    pub metric: String,
    /// Name of the tag; of several, the one with most distinct values.
    pub tag: String,
    /// How many parts are kept.
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

/// Which splits a metric has from the selectors of a run.
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
