//! What a run executes: a script, or VUs that are written in Rust.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Job;
use super::inbox::Inbox;
use super::target::Target;
use crate::error::{Error, ScriptError};
use crate::metrics::{MetricError, MetricId, MetricKind, Registry, Tags, Unit};
use crate::output::Terminal;
use crate::runner::{self, Handle, Plan};
use crate::samples::Connections;
use crate::vu::{RunState, VuFactory};

/// Loads the program of a run.
pub(crate) type Loader = Box<dyn FnOnce(Loading<'_>) -> Result<Box<dyn Loaded>, Error>>;

/// What a program is loaded with.
pub(crate) struct Loading<'a> {
    pub(super) job: &'a Job,
    pub(super) registry: &'a Arc<Registry>,
    pub(super) state: &'a Arc<RunState>,
    pub(super) target: &'a Target,
    pub(super) terminal: &'a Terminal,
    pub(super) inbox: &'a mut Inbox,
    /// Whether everything that a script prints goes to standard error.
    pub(super) is_stdout_taken: bool,
}

/// A program before the options of its run are resolved.
pub(crate) trait Loaded {
    /// The options of a script, unresolved.
    fn options(&self) -> Option<&Value> {
        None
    }

    /// Checks the functions that scenarios call. Returns warnings about functions with similar names.
    ///
    /// # Errors
    /// A function that does not exist.
    fn check_functions(&self, _called: &[&str]) -> Result<Vec<String>, ScriptError> {
        Ok(Vec::new())
    }

    /// Prepares the program with resolved options.
    ///
    /// # Errors
    /// VUs that cannot be prepared.
    fn prepare(self: Box<Self>, setup: &Setup<'_>) -> Result<Box<dyn Program>, Error>;
}

/// A program that can run. The defaults are those of VUs written in Rust, which have no functions outside of iterations.
pub(crate) trait Program {
    /// The text of the script.
    fn text(&self) -> Vec<u8> {
        Vec::new()
    }

    /// The names of the functions that the script exports, sorted.
    fn functions(&self) -> &[String] {
        &[]
    }

    /// Whether the script exports a function of this name.
    fn exports(&self, function: &str) -> bool {
        self.functions().iter().any(|name| name == function)
    }

    /// The files that the script read in its init stage, sorted.
    fn files_read(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// The files that the script read in its init stage, with their content.
    fn files(&self) -> Vec<(PathBuf, Arc<[u8]>)> {
        Vec::new()
    }

    /// Sets what the functions of a script can use from now on.
    fn configure(&self, connections: Connections, _options: Value, tags: Tags, _seed: u64) {
        let _ = connections.open_streams.tags.set(tags);
    }

    /// Runs `setup`.
    fn setup(&self, _limit: Duration, reply: Answer<()>) {
        reply(Ok(()));
    }

    /// Runs `teardown`.
    fn teardown(&self, _limit: Duration, reply: Answer<()>) {
        reply(Ok(()));
    }

    /// Runs `handle_summary`. The reply is `None` if the default summary is to be printed.
    fn handle_summary(&self, _summary: Value, _text: SummaryText, reply: Answer<Option<Files>>) {
        reply(Ok(None));
    }

    /// The encoded return value of `setup`, for other processes.
    fn setup_value(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Uses the return value of `setup` in another process. False for invalid bytes.
    fn set_up_with(&self, _value: &[u8]) -> bool {
        true
    }

    /// Starts the load.
    fn start(
        &self,
        plan: &Plan,
        registry: &Arc<Registry>,
        state: &Arc<RunState>,
        sink: runner::EventHandler,
    ) -> Handle;
}

/// Called with the result of a function of the script.
pub(super) type Answer<T> = Box<dyn FnOnce(Result<T, ScriptError>) + Send>;

/// Formats the summary as printed by default, with or without colours.
pub(super) type SummaryText = Box<dyn Fn(bool) -> String + Send + Sync>;

/// Contents of files by their path; `stdout` and `stderr` are the standard streams.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// What the VUs of a Rust program are prepared with, once, before the load.
pub struct Setup<'a> {
    pub(super) registry: &'a Arc<Registry>,
    pub(super) connections: &'a Connections,
}

impl Setup<'_> {
    /// Registers a metric, which thresholds can name and the summary shows.
    ///
    /// # Errors
    /// A name that is not an identifier, or that is registered with another kind or unit.
    pub fn metric(
        &self,
        name: &str,
        kind: MetricKind,
        unit: Unit,
    ) -> Result<MetricId, MetricError> {
        self.registry.register(name, kind, unit)
    }

    /// The settings of the run's HTTP clients, with which each VU creates its [`Requests`](crate::Requests).
    pub fn connections(&self) -> Connections {
        self.connections.clone()
    }
}

/// VUs that are written in Rust, before they are prepared.
pub(super) struct UnpreparedVus<P>(pub(super) P);

impl<P, F> Loaded for UnpreparedVus<P>
where
    P: FnOnce(&Setup<'_>) -> Result<F, String>,
    F: VuFactory,
{
    fn prepare(self: Box<Self>, setup: &Setup<'_>) -> Result<Box<dyn Program>, Error> {
        let factory = (self.0)(setup).map_err(Error::Vus)?;
        Ok(Box::new(RustVus(Arc::new(factory))))
    }
}

/// VUs that are written in Rust.
struct RustVus<F>(Arc<F>);

impl<F: VuFactory> Program for RustVus<F> {
    fn start(
        &self,
        plan: &Plan,
        registry: &Arc<Registry>,
        state: &Arc<RunState>,
        sink: runner::EventHandler,
    ) -> Handle {
        runner::run(plan, &self.0, Arc::clone(registry), Arc::clone(state), sink)
    }
}
