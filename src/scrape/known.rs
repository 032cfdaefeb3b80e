//! The server metrics that matter for a benchmark, by name.

use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{self, StrDeserializer};

use crate::units::nearest;

/// The meaning of a metric, independent of its name on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MetricRole {
    /// Running requests.
    Running,
    /// Waiting requests.
    Waiting,
    /// The used share of the KV cache.
    KvUsage,
    /// Prompt tokens looked up in the prefix cache.
    CacheQueries,
    /// Prompt tokens found there.
    CacheHits,
    /// The share of prompt tokens found there, over a time that the server chooses.
    HitRate,
    /// Requests that were preempted.
    Preemptions,
    /// Tokens of all prompts.
    PromptTokens,
    /// Tokens of prompts that were computed.
    ComputedTokens,
    /// Tokens of prompts that came from the cache.
    CachedTokens,
    /// Tokens generated.
    GeneratedTokens,
    /// Requests that ended.
    Requests,
    /// Requests whose client disconnected.
    Aborted,
    /// Sum of times to first token.
    TtftSum,
    /// The number of times to first token.
    TtftCount,
    /// Sum of times in the queue.
    QueueSum,
    /// The number of times in the queue.
    QueueCount,
    /// Steps of speculative decoding.
    Drafts,
    /// Tokens drafted.
    DraftTokens,
    /// Drafted tokens that were accepted.
    AcceptedTokens,
    /// The tokens of a step, over a time that the server chooses.
    AcceptLength,
    /// Energy, in millijoules.
    Energy,
    /// Power, in watts.
    Power,
    /// Recorded, but not used in results.
    Other,
}

/// A metric of a server.
struct Known {
    name: &'static str,
    role: MetricRole,
    /// The label that distinguishes its series; those that differ only in other labels are summed.
    label: Option<&'static str>,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let lines = include_str!("known.txt").lines();
    lines.filter_map(known).collect()
});

/// Parses a line of the table; `None` for a comment.
fn known(line: &'static str) -> Option<Known> {
    let mut words = line.split_whitespace();
    let (name, role) = words.next().zip(words.next())?;
    let role: StrDeserializer<'_, value::Error> = role.into_deserializer();
    Some(Known {
        name,
        role: MetricRole::deserialize(role).ok()?,
        label: words.next(),
    })
}

/// The names of the metrics with a role.
pub(super) fn names(role: MetricRole) -> impl Iterator<Item = &'static str> {
    let playing = KNOWN.iter().filter(move |known| known.role == role);
    playing.map(|known| known.name)
}

/// Whether ssel knows this metric of some server.
pub(crate) fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|known| known.name == name)
}

/// A chart: ID, title, and lines, each with the name of its metric and its label.
pub(super) type ServerChart = (&'static str, &'static str, Vec<Named>);
type Named = (&'static str, &'static str);

/// A chart: ID, title, and lines, each with its role and its label.
type Chart = (
    &'static str,
    &'static str,
    &'static [(MetricRole, &'static str)],
);

const CHARTS: [Chart; 6] = [
    (
        "server-requests",
        "Requests at the server",
        &[
            (MetricRole::Running, "running"),
            (MetricRole::Waiting, "waiting"),
        ],
    ),
    (
        "server-kv",
        "KV cache in use",
        &[(MetricRole::KvUsage, "share")],
    ),
    (
        "server-cache",
        "Prompt tokens and the prefix cache",
        &[
            (MetricRole::CacheQueries, "looked up"),
            (MetricRole::CacheHits, "found"),
            (MetricRole::CachedTokens, "cached"),
        ],
    ),
    (
        "server-preemptions",
        "Preemptions",
        &[(MetricRole::Preemptions, "preemptions")],
    ),
    (
        "server-drafts",
        "Drafted tokens",
        &[
            (MetricRole::DraftTokens, "drafted"),
            (MetricRole::AcceptedTokens, "accepted"),
        ],
    ),
    ("server-power", "Power", &[(MetricRole::Power, "watts")]),
];

/// The charts over time.
pub(crate) fn charted() -> [ServerChart; 6] {
    CHARTS.map(|(id, title, roles)| {
        let lines = roles.iter();
        let lines = lines.flat_map(|(role, word)| names(*role).map(move |name| (name, *word)));
        (id, title, lines.collect())
    })
}

/// The metrics of a server to record: the known ones, and others by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Names, in which `*` matches anything.
    pub patterns: Vec<String>,
}

impl Wanted {
    /// The labels with which a series is recorded; `None` if it is not recorded.
    pub(super) fn keeps<'a>(
        &self,
        name: &str,
        labels: &'a [(String, String)],
    ) -> Option<Vec<(&'a str, &'a str)>> {
        let all = labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        if let Some(known) = KNOWN.iter().find(|known| known.name == name) {
            return Some(all.filter(|(name, _)| known.label == Some(*name)).collect());
        }
        let is_wanted = self.patterns.iter().any(|pattern| matches(pattern, name));
        is_wanted.then(|| all.collect())
    }

    /// The patterns that match no name, each with the most similar name.
    pub(crate) fn unmatched<'a>(&'a self, names: &'a [&str]) -> Vec<(&'a str, Option<&'a str>)> {
        let fits = |pattern: &str| names.iter().any(|name| matches(pattern, name));
        let missing = self.patterns.iter().filter(|pattern| !fits(pattern));
        missing
            .map(|pattern| (pattern.as_str(), nearest(pattern, names.iter().copied())))
            .collect()
    }
}

/// Whether `name` matches `pattern`, in which `*` matches anything.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let mut ends = (0..=name.len()).filter(|at| name.is_char_boundary(*at));
            ends.any(|at| matches(rest, &name[at..]))
        }),
    }
}
