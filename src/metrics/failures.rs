//! Failures, counted by kind with their first message.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Failures with the same key are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FailureKey {
    /// The failed part: `http`, `sse`, `llm` or `iteration`.
    pub source: Cow<'static, str>,
    /// The stable name of the kind, e.g. `timeout`.
    pub kind: Cow<'static, str>,
    /// The HTTP status, if the failure is a status.
    pub status: Option<u16>,
}

impl fmt::Display for FailureKey {
    /// Source, kind and status.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.source, self.kind)?;
        self.status.map_or(Ok(()), |status| write!(f, " {status}"))
    }
}

/// Failures with the same key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureCount {
    /// Their key.
    #[serde(flatten)]
    pub key: FailureKey,
    /// Their number.
    pub count: u64,
    /// The message of the first.
    pub message: String,
}

/// Failures by kind with the first message of each, in order of first appearance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failures {
    list: Vec<FailureCount>,
}

/// The maximum number of kinds; further ones count as `other` of their source.
const KINDS: usize = 100;
/// The maximum length of a message in bytes.
const LONGEST: usize = 2_000;

impl Failures {
    /// Counts a failure. `message` is called only for the first one of its kind.
    pub fn add(
        &mut self,
        source: &'static str,
        kind: &str,
        status: Option<u16>,
        message: impl FnOnce() -> String,
    ) {
        let alike = |failure: &&mut FailureCount| {
            let key = &failure.key;
            key.source == source && key.kind == kind && key.status == status
        };
        if let Some(failure) = self.list.iter_mut().find(alike) {
            failure.count = failure.count.saturating_add(1);
            return;
        }
        let key = FailureKey {
            source: source.into(),
            kind: kind.to_owned().into(),
            status,
        };
        self.add_key(key, 1, message());
    }

    /// Counts `n` failures of the same kind with the message of the first.
    pub fn add_n(&mut self, source: &'static str, kind: &'static str, n: u64, message: &str) {
        if n > 0 {
            let key = FailureKey {
                source: source.into(),
                kind: kind.into(),
                status: None,
            };
            self.add_key(key, n, message.to_owned());
        }
    }

    fn add_key(&mut self, key: FailureKey, count: u64, message: String) {
        let message = shortened(message);
        self.merge_one(&FailureCount {
            key,
            count,
            message,
        });
    }

    /// Adds the failures of `other`, keeping the order and first messages of this one.
    pub fn merge(&mut self, other: &Self) {
        for failure in &other.list {
            self.merge_one(failure);
        }
    }

    /// Adds failures of one kind.
    pub fn merge_one(&mut self, more: &FailureCount) {
        let known =
            |list: &[FailureCount], key: &FailureKey| list.iter().position(|own| own.key == *key);
        if let Some(at) = known(&self.list, &more.key) {
            self.list[at].count = self.list[at].count.saturating_add(more.count);
            return;
        }
        if self.list.len() < KINDS {
            self.list.push(more.clone());
            return;
        }
        let key = FailureKey {
            source: more.key.source.clone(),
            kind: "other".into(),
            status: None,
        };
        match known(&self.list, &key) {
            Some(at) => self.list[at].count = self.list[at].count.saturating_add(more.count),
            None => self.list.push(FailureCount {
                key,
                ..more.clone()
            }),
        }
    }

    /// The failures by kind.
    pub fn iter(&self) -> std::slice::Iter<'_, FailureCount> {
        self.list.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.list.clear();
    }
}

impl<'a> IntoIterator for &'a Failures {
    type Item = &'a FailureCount;
    type IntoIter = std::slice::Iter<'a, FailureCount>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn shortened(mut message: String) -> String {
    if message.len() > LONGEST {
        message.truncate(message.floor_char_boundary(LONGEST));
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_by_kind_with_the_first_message() {
        let mut failures = Failures::default();
        failures.add("http", "timeout", None, || "first".into());
        failures.add("http", "timeout", None, || unreachable!("not asked again"));
        failures.add("http", "status", Some(500), || "500".into());
        let mut all = failures.clone();
        all.merge(&failures);
        let seen: Vec<_> = all.iter().map(|f| (f.count, f.message.as_str())).collect();
        assert_eq!(seen, [(4, "first"), (2, "500")]);
    }

    #[test]
    fn kinds_and_messages_are_bounded_and_no_failure_is_lost() {
        let mut failures = Failures::default();
        for n in 0..1_000 {
            failures.add("llm", &format!("kind {n}"), None, || "ä".repeat(2_000));
        }
        assert_eq!(failures.iter().count(), KINDS + 1);
        assert_eq!(failures.iter().map(|f| f.count).sum::<u64>(), 1_000);
        assert!(failures.iter().all(|f| f.message.len() <= LONGEST + 3));
    }
}
