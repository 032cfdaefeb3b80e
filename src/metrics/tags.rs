use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

type Tag = (Arc<str>, Arc<str>);

/// The tags of a sample: unique names with values, sorted by name.
///
/// Immutable and cheap to clone. No tags need no memory.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tags(
    /// `None` instead of an empty slice, so that equal tags compare equal.
    Option<Arc<[Tag]>>,
);

impl Tags {
    /// No tags.
    pub fn new() -> Self {
        Self::default()
    }

    /// These tags and one more, which replaces a tag of the same name.
    ///
    /// To add several tags, collect pairs into `Tags`, which sorts only once.
    #[must_use]
    pub fn with(&self, key: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        self.pairs()
            .cloned()
            .chain([(key.into(), value.into())])
            .collect()
    }

    /// These tags and those of `other`, which take precedence.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        if self.is_empty() {
            return other.clone();
        }
        self.pairs().chain(other.pairs()).cloned().collect()
    }

    /// The value of a tag.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pair(key).map(|(_, value)| &**value)
    }

    /// Names and values in the order of names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.pairs().map(|(key, value)| (&**key, &**value))
    }

    /// Whether both share their memory: a quick check that may miss equal tags.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }

    /// The address of the tags, which [`is_same`](Self::is_same) compares; 0 for no tags.
    pub(crate) fn address(&self) -> u64 {
        let tags = self.0.as_ref();
        tags.map_or(0, |tags| Arc::as_ptr(tags).cast::<Tag>().addr() as u64)
    }

    /// The number of tags.
    pub fn len(&self) -> usize {
        self.pairs().len()
    }

    /// Whether there are no tags.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The name of a series: `metric`, or `metric{tag:value}` with these tags.
    pub(crate) fn selector(&self, metric: &str) -> String {
        if self.is_empty() {
            metric.to_owned()
        } else {
            format!("{metric}{{{self}}}")
        }
    }

    /// Whether these include every tag of `other` with the same value.
    pub fn contains(&self, other: &Self) -> bool {
        other
            .iter()
            .all(|(key, value)| self.get(key) == Some(value))
    }

    /// The tags with the given names whose values are not empty. Shares the texts.
    pub(super) fn only(&self, keys: &[Arc<str>]) -> Self {
        let given = |key| self.pair(key).filter(|(_, value)| !value.is_empty());
        keys.iter().filter_map(|key| given(key).cloned()).collect()
    }

    /// Tags with exactly these sorted names, and `none` as the value of missing ones. Shares the texts.
    pub(super) fn exactly(&self, keys: &[Arc<str>], none: &Arc<str>) -> Self {
        let value = |key| self.pair(key).map_or(none, |(_, value)| value).clone();
        let tags: Arc<[Tag]> = keys.iter().map(|key| (key.clone(), value(key))).collect();
        Self((!tags.is_empty()).then_some(tags))
    }

    fn pair(&self, key: &str) -> Option<&Tag> {
        let tags = self.0.as_deref()?;
        tags.binary_search_by(|(name, _)| (**name).cmp(key))
            .ok()
            .map(|at| &tags[at])
    }

    fn pairs(&self) -> std::slice::Iter<'_, Tag> {
        self.0.as_deref().unwrap_or_default().iter()
    }
}

impl<K: Into<Arc<str>>, V: Into<Arc<str>>> FromIterator<(K, V)> for Tags {
    /// Of several values for a name, the last one is kept.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut tags: Vec<Tag> = pairs
            .into_iter()
            .map(|(k, v)| (k.into(), v.into()))
            .collect();
        // The sort is stable, so the last of equal names is the last one given.
        tags.sort_by(|a, b| a.0.cmp(&b.0));
        tags.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        Self((!tags.is_empty()).then(|| tags.into()))
    }
}

impl fmt::Display for Tags {
    /// `tag:value,tag2:value2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (key, value)) in self.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(f, "{comma}{key}:{value}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Tags {
    /// As a map.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Tags {
    /// From a map.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = std::collections::BTreeMap::<String, String>::deserialize(deserializer)?;
        Ok(map.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_sorted_and_the_last_value_of_a_name_wins() {
        let tags: Tags = [("b", "1"), ("a", "2"), ("b", "3"), ("b", "4")]
            .into_iter()
            .collect();
        assert_eq!(tags.to_string(), "a:2,b:4");
        assert_eq!(tags.with("a", "9").to_string(), "a:9,b:4");
        assert_eq!(
            (tags.get("b"), tags.get("c"), tags.len()),
            (Some("4"), None, 2)
        );
    }

    #[test]
    fn equality_does_not_depend_on_how_they_were_built() {
        let one = Tags::new().with("a", "1").with("b", "2");
        let two = Tags::new().with("b", "2").with("a", "1");
        assert_eq!(one, two);
        assert_eq!(Tags::new(), std::iter::empty::<(&str, &str)>().collect());
    }

    #[test]
    fn merging_prefers_the_values_of_the_other() {
        let base = Tags::new().with("a", "1").with("b", "2");
        let own = Tags::new().with("b", "3").with("c", "4");
        assert_eq!(base.merged(&own).to_string(), "a:1,b:3,c:4");
        assert_eq!(base.merged(&Tags::new()), base);
        assert_eq!(Tags::new().merged(&own), own);
    }

    #[test]
    fn contain_only_exact_matches() {
        let tags = Tags::new().with("a", "1").with("b", "2");
        assert!(tags.contains(&Tags::new()));
        assert!(tags.contains(&Tags::new().with("b", "2")));
        assert!(!tags.contains(&Tags::new().with("b", "1")));
        assert!(!tags.contains(&Tags::new().with("a", "1").with("c", "1")));
    }

    #[test]
    fn serialise_as_a_map() {
        let tags = Tags::new().with("b", "2").with("a", "1");
        assert_eq!(
            serde_json::to_string(&tags).unwrap(),
            r#"{"a":"1","b":"2"}"#
        );
    }
}
