//! The server metrics that matter for a benchmark, by name.

use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{self, StrDeserializer};

use crate::units::nearest;

/// What a metric says, whatever its server calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MetricRole {
    /// Requests that are being answered.
    Running,
    /// Requests that wait.
    Waiting,
    /// Share of the KV cache in use.
    KvUsage,
    /// Prompt tokens looked up in the prefix cache.
    CacheQueries,
    /// Prompt tokens found there.
    CacheHits,
    /// Share of prompt tokens found there, over a time of the server's own.
    HitRate,
    /// Requests that had to give up their place in the batch.
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
    /// Requests whose client left.
    Aborted,
    /// Sum of times to first token.
    TtftSum,
    /// How many times to first token there were.
    TtftCount,
    /// Sum of times in the queue.
    QueueSum,
    /// How many times in the queue there were.
    QueueCount,
    /// Steps of speculative decoding.
    Drafts,
    /// Tokens drafted.
    DraftTokens,
    /// Drafted tokens that were accepted.
    AcceptedTokens,
    /// Tokens of a step, over a time of the server's own.
    AcceptLength,
    /// Energy, in millijoules.
    Energy,
    /// Power, in watts.
    Power,
    /// Worth recording, but part of no result.
    Other,
}

/// A metric of a server.
struct Known {
    name: &'static str,
    role: MetricRole,
    /// The label by which its series stay apart; those that differ in others only are summed.
    label: Option<&'static str>,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let lines = include_str!("known.txt").lines();
    lines.filter_map(known).collect()
});

/// Reads a line of the table; `None` for a comment.
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

/// The names of the metrics that play a role.
pub(super) fn names(role: MetricRole) -> impl Iterator<Item = &'static str> {
    let playing = KNOWN.iter().filter(move |known| known.role == role);
    playing.map(|known| known.name)
}

/// Whether a metric is one that ssel knows of some server.
pub(crate) fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|known| known.name == name)
}

/// A chart: its id, its title, and its lines, each with the name of its metric and a word for it.
pub(super) type ServerChart = (&'static str, &'static str, Vec<Named>);
type Named = (&'static str, &'static str);

/// A chart: its id, its title, and its lines as roles with a word for each.
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

/// What is drawn over time.
pub(crate) fn charted() -> [ServerChart; 6] {
    CHARTS.map(|(id, title, roles)| {
        let lines = roles.iter();
        let lines = lines.flat_map(|(role, word)| names(*role).map(move |name| (name, *word)));
        (id, title, lines.collect())
    })
}

/// Which metrics of a server are recorded: those it is known for, and others by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Names, in which `*` stands for anything.
    pub patterns: Vec<String>,
}

impl Wanted {
    /// How a series is recorded: the labels that are kept; `None` if it is not.
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

    /// The patterns that fit no name, each with a name that was perhaps meant.
    pub(crate) fn unmatched<'a>(&'a self, names: &'a [&str]) -> Vec<(&'a str, Option<&'a str>)> {
        let fits = |pattern: &str| names.iter().any(|name| matches(pattern, name));
        let missing = self.patterns.iter().filter(|pattern| !fits(pattern));
        missing
            .map(|pattern| (pattern.as_str(), nearest(pattern, names.iter().copied())))
            .collect()
    }
}

/// Whether `name` fits `pattern`, in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let mut ends = (0..=name.len()).filter(|at| name.is_char_boundary(*at));
            ends.any(|at| matches(rest, &name[at..]))
        }),
    }
}
