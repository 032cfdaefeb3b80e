//! The options of a run, from all their sources.
//!
//! Each source (a config file, a script's `options`, the environment, flags) sets its values in a [`Layer`].
//! [`resolve`] merges the layers into [`Options`], or reports all mistakes before anything runs. This module handles values
//! only: files, variables and flags are read elsewhere.

use std::time::Duration;

mod arrival_rates;
#[cfg(feature = "cli")]
mod environment;
mod executor;
mod executors;
mod field;
mod http;
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
mod source;
mod stages;
mod summary;
mod thresholds;
mod values;

#[cfg(feature = "cli")]
pub(crate) use environment::{from_environment, ignored_variables};
pub(crate) use executor::{Executor, IterationBudget, Pace, StartOptions, VuPool};
pub(crate) use http::HttpOptions;
pub use http::{ClientCert, HttpVersion};
pub use keys::KEYS;
pub(crate) use keys::{OptionKey, Takes};
pub(crate) use origin::{Layer, OptionEntry, OptionOrigin};
pub use problem::{OptionProblem, OptionsError};
pub(crate) use replay::parse_starts;
pub(crate) use resolve::resolve;
pub(crate) use scenario::Scenario;
pub use source::Source;
pub(crate) use summary::{SummaryMode, SummaryOptions};
pub(crate) use thresholds::ThresholdOption;

/// The options of a run, with all defaults filled in.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct Options {
    /// The loads, at least one, sorted by start time and name.
    #[serde(serialize_with = "json::scenarios")]
    pub scenarios: Vec<Scenario>,
    /// The criteria for the run to pass.
    #[serde(serialize_with = "json::thresholds")]
    pub thresholds: Vec<ThresholdOption>,
    /// How long iterations may continue when the run is stopped from outside, if set. The scenarios include it too.
    #[serde(serialize_with = "json::optional_time")]
    pub graceful_stop: Option<Duration>,
    /// The seed of everything random: the same seed gives the same run.
    pub seed: u64,
    /// The minimum time between the starts of two iterations of a VU; zero for no limit.
    #[serde(serialize_with = "json::time")]
    pub min_iteration_duration: Duration,
    /// Skip `setup()`.
    pub no_setup: bool,
    /// Skip `teardown()`.
    pub no_teardown: bool,
    /// Do not evaluate thresholds.
    pub no_thresholds: bool,
    /// Time limit of `setup()`.
    #[serde(serialize_with = "json::time")]
    pub setup_timeout: Duration,
    /// Time limit of `teardown()`.
    #[serde(serialize_with = "json::time")]
    pub teardown_timeout: Duration,
    /// Tags of every sample, sorted by name.
    #[serde(serialize_with = "json::pairs")]
    pub tags: Vec<(String, String)>,
    /// Options of requests.
    #[serde(flatten)]
    pub http: HttpOptions,
    /// Options of the summary.
    #[serde(flatten)]
    pub summary: SummaryOptions,
}

impl Default for Options {
    /// A run without options: one iteration of one VU.
    fn default() -> Self {
        Self {
            scenarios: vec![Scenario::unnamed(Executor::once())],
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
    /// The largest number of VUs at any moment, counting all scenarios that may overlap.
    pub(crate) fn max_vus(&self) -> u64 {
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

    /// The maximum duration of the load, including graceful stops.
    pub(crate) fn total_duration(&self) -> Duration {
        self.scenarios
            .iter()
            .map(Scenario::latest_end)
            .max()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
