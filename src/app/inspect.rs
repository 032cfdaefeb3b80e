//! Describes what a run would do, without running it.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::inbox::{Inbox, PhaseNames};
use super::prepare::{self, Prepared};
use super::{Job, Stopper};
use crate::error::Error;
use crate::metrics::Registry;
use crate::options::ThresholdOption;
use crate::output::Terminal;
use crate::record::ThresholdSpec;
use crate::units::format_duration;

/// A script after its init stage, with its resolved options.
pub(crate) struct Inspection {
    script: String,
    prepared: Prepared,
}

impl Inspection {
    /// Runs the init stage of the script of `job` and resolves its options, as [`run`](super::run) does. The output of the
    /// script goes to standard error.
    ///
    /// # Errors
    /// Those of [`run`](super::run) before `setup`.
    pub(crate) fn new(mut job: Job, terminal: &Terminal) -> Result<Self, Error> {
        let loader = job.loader.take();
        let registry = Registry::new(Vec::new());
        let mut inbox = Inbox::new(&Stopper::new(), terminal, PhaseNames::SCRIPT);
        Ok(Self {
            script: job.source.name(),
            prepared: prepare::prepare(&job, loader, &registry, terminal, &mut inbox, true)?,
        })
    }

    /// The description as JSON: `script`, `exports` (the names of its functions, sorted), `max_vus`, `max_duration` and
    /// `max_duration_seconds` (graceful stops included), and `options` with every default filled in, which can be used as a
    /// config file.
    pub(crate) fn to_json(&self) -> Value {
        let options = &self.prepared.options;
        let longest = options.total_duration();
        json!({
            "script": self.script,
            "exports": self.prepared.program.functions(),
            "max_vus": options.max_vus(),
            "max_duration": format_duration(longest),
            "max_duration_seconds": longest.as_secs_f64(),
            "options": options.to_json(),
        })
    }

    /// The files that the script read in its init stage, sorted.
    pub(crate) fn files_read(&self) -> Vec<PathBuf> {
        self.prepared.program.files_read()
    }

    /// The thresholds of the options.
    pub(crate) fn thresholds(&self) -> Vec<ThresholdSpec> {
        let thresholds = self.prepared.options.thresholds.iter();
        let demand = |threshold: &ThresholdOption| ThresholdSpec {
            selector: threshold.selector.clone(),
            expression: threshold.expression.clone(),
        };
        thresholds.map(demand).collect()
    }
}
