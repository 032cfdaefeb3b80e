//! The options of a run, from all their sources.
//!
//! Each source (a config file, a script's `options`, the environment, flags) says what it has to say in a [`Layer`];
//! [`resolve`] lays the layers over each other and gives [`Options`], or tells everything that is wrong before
//! anything runs. Files, variables and flags are read elsewhere: in here are only values.

use std::time::Duration;

mod arrival_rates;
mod environment;
mod executor;
mod executors;
mod http;
mod item;
mod json;
mod keys;
mod merge;
mod origin;
mod problem;
mod replay;
mod resolve;
mod scenario;
mod scenarios;
mod shortcuts;
mod stages;
mod summary;
mod thresholds;
mod values;

pub(crate) use environment::{from_environment, ignored_variables};
pub(crate) use executor::{Executor, Pace};
pub(crate) use http::{HttpOptions, HttpVersion};
pub use keys::KEYS;
pub(crate) use keys::{Key, Takes};
pub(crate) use origin::{Entry, Layer, Origin};
pub(crate) use problem::OptionsError;
#[cfg(test)]
pub(crate) use problem::{Problem, ProblemKind};
pub(crate) use replay::parse_starts;
pub(crate) use resolve::resolve;
pub(crate) use scenario::Scenario;
#[cfg(test)]
pub(crate) use stages::parse_stage;
pub(crate) use summary::{SummaryMode, SummaryOptions};
pub(crate) use thresholds::ThresholdOption;

/// What a run is told, with every default filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The loads to make, at least one, by start time and name.
    pub scenarios: Vec<Scenario>,
    /// What has to hold for the run to pass.
    pub thresholds: Vec<ThresholdOption>,
    /// How long iterations may go on when the run is stopped from outside, if that is said. It is in the scenarios as well.
    pub graceful_stop: Option<Duration>,
    /// Makes whatever is random repeatable: same seed, same run.
    pub seed: u64,
    /// A VU starts its next iteration no sooner than this after the one before; zero for no limit.
    pub min_iteration_duration: Duration,
    /// Leave `setup()` out.
    pub no_setup: bool,
    /// Leave `teardown()` out.
    pub no_teardown: bool,
    /// Do not evaluate thresholds.
    pub no_thresholds: bool,
    /// How long `setup()` may take.
    pub setup_timeout: Duration,
    /// How long `teardown()` may take.
    pub teardown_timeout: Duration,
    /// Tags of every sample, sorted by name.
    pub tags: Vec<(String, String)>,
    /// What requests are told.
    pub http: HttpOptions,
    /// What the summary is told.
    pub summary: SummaryOptions,
}

impl Default for Options {
    /// What a run does that is told nothing: one iteration of one VU.
    fn default() -> Self {
        let once = Executor::PerVuIterations {
            vus: 1,
            iterations: 1,
            max_duration: Scenario::MAX_DURATION,
        };
        Self {
            scenarios: vec![Scenario::unnamed(once)],
            thresholds: Vec::new(),
            graceful_stop: None,
            seed: 0,
            min_iteration_duration: Duration::ZERO,
            no_setup: false,
            no_teardown: false,
            no_thresholds: false,
            setup_timeout: Duration::from_mins(1),
            teardown_timeout: Duration::from_mins(1),
            tags: Vec::new(),
            http: HttpOptions::default(),
            summary: SummaryOptions::default(),
        }
    }
}

impl Options {
    /// The largest number of VUs at any moment, over all scenarios that may overlap.
    pub fn max_vus(&self) -> u64 {
        let vus_at = |moment| {
            let overlapping = self
                .scenarios
                .iter()
                .filter(|scenario| (scenario.start_time..scenario.latest_end()).contains(&moment));
            overlapping
                .map(|scenario| scenario.executor.max_vus())
                .fold(0, u64::saturating_add)
        };
        // The number only grows where a scenario starts.
        self.scenarios
            .iter()
            .map(|scenario| vus_at(scenario.start_time))
            .max()
            .unwrap_or(0)
    }

    /// How long the load takes at most, graceful stop included.
    pub fn total_duration(&self) -> Duration {
        self.scenarios
            .iter()
            .map(Scenario::latest_end)
            .max()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
