//! Describes what a run would do, as JSON.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::inbox::{Inbox, PhaseNames};
use super::prepare::{self, Prepared};
use super::{Job, Stopper};
use crate::error::Error;
use crate::metrics::Registry;
use crate::options::ThresholdOption;
use crate::output::Terminal;
use crate::record::ThresholdSpec;
use crate::script::Console;
use crate::units::format_duration;

/// Runs the init stage of the script of `job` and resolves its options, as [`run`](super::run) does.
///
/// The result has `script`, `exports` (the names of its functions, sorted), `max_vus`, `max_duration` and
/// `max_duration_seconds` (graceful stops included), and `options` with every default filled in, which can be used as a
/// config file. What the script prints goes to standard error.
///
/// # Errors
/// Those of [`run`](super::run) before `setup`.
pub(crate) fn inspect(job: &Job, terminal: &Terminal) -> Result<Value, Error> {
    let ready = prepared(job, terminal)?;
    let options = &ready.options;
    let longest = options.total_duration();
    Ok(json!({
        "script": job.source.name(),
        "exports": ready.program.functions(),
        "max_vus": options.max_vus(),
        "max_duration": format_duration(longest),
        "max_duration_seconds": longest.as_secs_f64(),
        "options": options.to_json(),
    }))
}

/// The files that the script of `job` reads in its init stage, sorted.
///
/// # Errors
/// Those of [`run`](super::run) before `setup`.
pub(crate) fn files_read(job: &Job, terminal: &Terminal) -> Result<Vec<PathBuf>, Error> {
    let ready = prepared(job, terminal)?;
    Ok(ready.program.files_read())
}

/// The thresholds in the options of `job`, without running it.
///
/// # Errors
/// Those of [`run`](super::run) before `setup`.
pub(crate) fn script_thresholds(
    job: &Job,
    terminal: &Terminal,
) -> Result<Vec<ThresholdSpec>, Error> {
    let ready = prepared(job, terminal)?;
    let thresholds = ready.options.thresholds.iter();
    let demand = |threshold: &ThresholdOption| ThresholdSpec {
        selector: threshold.selector.clone(),
        expression: threshold.expression.clone(),
    };
    Ok(thresholds.map(demand).collect())
}

/// Prepares a job only to look at it.
fn prepared(job: &Job, terminal: &Terminal) -> Result<Prepared, Error> {
    let console = Arc::new(StderrConsole(terminal.clone()));
    let registry = Registry::new(Vec::new());
    let mut inbox = Inbox::new(&Stopper::new(), terminal, PhaseNames::SCRIPT);
    prepare::prepare(job, None, &registry, console, terminal, &mut inbox)
}

/// A console that prints to standard error, as standard output has the result.
struct StderrConsole(Terminal);

impl Console for StderrConsole {
    fn print(&self, text: &[u8]) {
        self.print_error(text);
    }

    fn print_error(&self, text: &[u8]) {
        self.0.script_print_err(&String::from_utf8_lossy(text));
    }

    fn script_error(&self, text: &str) {
        self.0.script_error(text);
    }
}
