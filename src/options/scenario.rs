//! A scenario.

use std::time::Duration;

use super::Executor;
use crate::units::format_duration;

/// The most VUs a scenario can have.
pub(super) const MAX_VUS: u64 = 1_000_000;

/// The shortest `duration` and `max_duration`.
pub(super) const MIN_DURATION: Duration = Duration::from_secs(1);

/// A load with a name: who runs what, when, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Its name; `default` when the options do not name scenarios.
    pub name: String,
    /// When VUs run and what starts an iteration.
    pub executor: Executor,
    /// The exported function that is an iteration.
    pub exec: String,
    /// When it starts, since the start of the run.
    pub start_time: Duration,
    /// How long iterations that run at its end may take to finish.
    pub graceful_stop: Duration,
    /// Variables over those of the run, sorted by name.
    pub env: Vec<(String, String)>,
    /// Tags of its samples over those of the run, sorted by name.
    pub tags: Vec<(String, String)>,
}

impl Scenario {
    /// What [`Scenario::graceful_stop`] is unless it is set, and `graceful_ramp_down` too.
    pub const GRACEFUL_STOP: Duration = Duration::from_secs(30);
    /// What `max_duration` is unless it is set.
    pub const MAX_DURATION: Duration = Duration::from_mins(10);

    /// The scenario that options without names describe: `default`, at once, calling `default`.
    pub fn unnamed(executor: Executor) -> Self {
        Self {
            name: "default".to_owned(),
            executor,
            exec: "default".to_owned(),
            start_time: Duration::ZERO,
            graceful_stop: Self::GRACEFUL_STOP,
            env: Vec::new(),
            tags: Vec::new(),
        }
    }

    /// How long it takes at most, graceful stop included.
    pub fn max_duration(&self) -> Duration {
        self.executor
            .regular_duration()
            .saturating_add(self.graceful_stop)
    }

    /// When it is over at the latest, since the start of the run.
    pub fn latest_end(&self) -> Duration {
        self.start_time.saturating_add(self.max_duration())
    }

    /// What it does, in the words of k6: `5 looping VUs for 30s (gracefulStop: 30s)`.
    pub fn describe(&self) -> String {
        let exec = (self.exec != "default").then(|| format!("exec: {}", self.exec));
        let time = |name, time: Duration| {
            (!time.is_zero()).then(|| format!("{name}: {}", format_duration(time)))
        };
        let start = time("startTime", self.start_time);
        let stop = time("gracefulStop", self.graceful_stop);
        let facts: Vec<_> = [self.executor.facts(), exec, start, stop]
            .into_iter()
            .flatten()
            .collect();
        let headline = self.executor.headline();
        if facts.is_empty() {
            headline
        } else {
            format!("{headline} ({})", facts.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;
