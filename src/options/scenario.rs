//! A scenario.

use std::time::Duration;

use serde::Serialize;

use super::{Executor, json};
use crate::units::format_duration;

/// The most VUs a scenario can have.
pub(super) const MAX_VUS: u64 = 1_000_000;

/// The shortest `duration` and `max_duration`.
pub(super) const MIN_DURATION: Duration = Duration::from_secs(1);

/// A named load: an executor and the function that its VUs call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Scenario {
    /// Its name; `default` if the options have no scenarios.
    #[serde(skip)]
    pub name: String,
    /// When VUs run and what starts an iteration.
    #[serde(flatten)]
    pub executor: Executor,
    /// The exported function that an iteration calls.
    pub exec: String,
    /// Its start, since the start of the run.
    #[serde(serialize_with = "json::time")]
    pub start_time: Duration,
    /// How long iterations may continue after its end.
    #[serde(serialize_with = "json::time")]
    pub graceful_stop: Duration,
    /// Variables that override those of the run, sorted by name.
    #[serde(serialize_with = "json::env")]
    pub env: Vec<(String, String)>,
    /// Tags of its samples that override those of the run, sorted by name.
    #[serde(serialize_with = "json::pairs")]
    pub tags: Vec<(String, String)>,
}

impl Scenario {
    /// The default of [`Scenario::graceful_stop`] and of `graceful_ramp_down`.
    pub(crate) const GRACEFUL_STOP: Duration = Duration::from_secs(30);
    /// The default of `max_duration`.
    pub(crate) const MAX_DURATION: Duration = Duration::from_mins(10);

    /// The scenario of options without `scenarios`: `default`, which starts immediately and calls `default`.
    pub(crate) fn unnamed(executor: Executor) -> Self {
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

    /// Its maximum duration, including the graceful stop.
    pub(crate) fn max_duration(&self) -> Duration {
        self.executor
            .regular_duration()
            .saturating_add(self.graceful_stop)
    }

    /// Its latest end, since the start of the run.
    pub(crate) fn latest_end(&self) -> Duration {
        self.start_time.saturating_add(self.max_duration())
    }

    /// A description in the style of k6: `5 looping VUs for 30s (gracefulStop: 30s)`.
    pub(crate) fn describe(&self) -> String {
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
