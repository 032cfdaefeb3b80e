//! What a run executes: a script, or VUs that are written in Rust.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::metrics::{MetricError, MetricId, MetricKind, Registry, Tags, Unit};
use crate::runner::{self, Handle, Plan};
use crate::samples::Connections;
use crate::script::{Script, ScriptError, SummaryText};
use crate::vu::{RunState, VuFactory};

/// Starts the load of a run.
type Start = Box<dyn Fn(&Plan, Arc<Registry>, Arc<RunState>, runner::EventHandler) -> Handle>;

/// Makes the factory of the VUs once the options of the run are known.
pub(crate) type MakeVus = Box<dyn FnOnce(&Setup<'_>) -> Result<Vus, String>>;

/// VUs that are written in Rust.
pub(crate) struct Vus(Start);

impl Vus {
    pub(super) fn of(factory: impl VuFactory) -> Self {
        let factory = Arc::new(factory);
        Self(Box::new(move |plan, registry, state, sink| {
            runner::run(plan, &factory, registry, state, sink)
        }))
    }
}

/// What a program gets to prepare its VUs, once, before the load.
pub struct Setup<'a> {
    pub(super) registry: &'a Arc<Registry>,
    pub(super) connections: &'a Connections,
}

impl Setup<'_> {
    /// Registers a metric of the program, which thresholds can name and the summary shows.
    ///
    /// # Errors
    /// A name that is no identifier, or that is registered with another kind or unit.
    pub fn metric(
        &self,
        name: &str,
        kind: MetricKind,
        unit: Unit,
    ) -> Result<MetricId, MetricError> {
        self.registry.register(name, kind, unit)
    }

    /// For the [`Requests`](crate::Requests) of each VU.
    pub fn connections(&self) -> Connections {
        self.connections.clone()
    }
}

pub(super) enum Program {
    Script(Box<Script>),
    Vus(Vus),
}

type Files = BTreeMap<String, Vec<u8>>;

impl Program {
    /// The names of the functions that the script exports, sorted.
    pub(super) fn functions(&self) -> &[String] {
        self.script().map_or(&[], Script::functions)
    }

    /// The files that the script read in its init stage, sorted.
    pub(super) fn files_read(&self) -> Vec<PathBuf> {
        self.script().map(Script::files_read).unwrap_or_default()
    }

    /// The same with their content.
    pub(super) fn files(&self) -> Vec<(PathBuf, Arc<[u8]>)> {
        self.script().map(Script::files).unwrap_or_default()
    }

    pub(super) fn exports(&self, function: &str) -> bool {
        self.script().is_some_and(|script| script.exports(function))
    }

    /// Gives the script what it can ask for from now on.
    pub(super) fn configure(
        &self,
        connections: Connections,
        options: serde_json::Value,
        tags: Tags,
        seed: u64,
    ) {
        match self {
            Self::Script(script) => script.configure(connections, options, tags, seed),
            Self::Vus(_) => drop(connections.open_streams.tags.set(tags)),
        }
    }

    pub(super) fn setup(
        &self,
        limit: Duration,
        reply: impl FnOnce(Result<(), ScriptError>) + Send + 'static,
    ) {
        match self {
            Self::Script(script) => script.setup(limit, reply),
            Self::Vus(_) => reply(Ok(())),
        }
    }

    pub(super) fn teardown(
        &self,
        limit: Duration,
        reply: impl FnOnce(Result<(), ScriptError>) + Send + 'static,
    ) {
        match self {
            Self::Script(script) => script.teardown(limit, reply),
            Self::Vus(_) => reply(Ok(())),
        }
    }

    pub(super) fn handle_summary(
        &self,
        summary: serde_json::Value,
        text: SummaryText,
        reply: impl FnOnce(Result<Option<Files>, ScriptError>) + Send + 'static,
    ) {
        match self {
            Self::Script(script) => script.handle_summary(summary, text, reply),
            Self::Vus(_) => reply(Ok(None)),
        }
    }

    /// What `setup` returned, as bytes for other processes.
    pub(super) fn setup_value(&self) -> Vec<u8> {
        self.script().map(Script::setup_value).unwrap_or_default()
    }

    /// Takes what `setup` returned in another process; false for bytes that are no value.
    pub(super) fn set_up_with(&self, value: &[u8]) -> bool {
        self.script().is_none_or(|script| script.set_up_with(value))
    }

    /// Starts the load.
    pub(super) fn start(
        &self,
        plan: &Plan,
        registry: &Arc<Registry>,
        state: &Arc<RunState>,
        sink: runner::EventHandler,
    ) -> Handle {
        let (registry, state) = (Arc::clone(registry), Arc::clone(state));
        match self {
            Self::Script(script) => {
                runner::run(plan, &Arc::new(script.factory()), registry, state, sink)
            }
            Self::Vus(Vus(start)) => start(plan, registry, state, sink),
        }
    }

    fn script(&self) -> Option<&Script> {
        match self {
            Self::Script(script) => Some(script),
            Self::Vus(_) => None,
        }
    }
}
