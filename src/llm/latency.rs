//! The latencies of a reply, by name.

use std::fmt;
use std::time::Duration;

use super::reply::Reply;

/// A latency of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Latency {
    /// Time to first token, [`Reply::ttft`].
    Ttft,
    /// Time to first output that is not reasoning, [`Reply::ttfo`].
    Ttfo,
    /// Time per output token, [`Reply::tpot`].
    Tpot,
    /// A gap between two chunks, one of [`Reply::gaps`].
    Itl,
    /// End-to-end latency, [`Reply::e2e`].
    E2e,
}

impl Latency {
    /// All latencies.
    pub(crate) const ALL: [Self; 5] = [Self::Ttft, Self::Ttfo, Self::Tpot, Self::Itl, Self::E2e];

    /// The name in options and results.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ttft => "ttft",
            Self::Ttfo => "ttfo",
            Self::Tpot => "tpot",
            Self::Itl => "itl",
            Self::E2e => "e2e",
        }
    }

    /// The latency of this name, which may also be vLLM's.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let name = if name == "e2el" { "e2e" } else { name };
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    /// The value of a reply, for the gaps the longest one; `None` if the reply has no such value.
    pub(super) fn of(self, reply: &Reply) -> Option<Duration> {
        match self {
            Self::Ttft => reply.ttft(),
            Self::Ttfo => reply.ttfo(),
            Self::Tpot => reply.tpot(),
            Self::Itl => {
                let longest = reply.gaps.iter().copied().reduce(f64::max);
                longest.map(Duration::from_secs_f64)
            }
            Self::E2e => reply.e2e(),
        }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
