//! Everything before the load: the script's init stage, and the options of all layers.

use std::sync::Arc;

use serde_json::Value;

use super::inbox::Inbox;
use super::program::{Loader, Loading, Program, Setup};
use super::target::{self, Target};
use super::{Job, connections, replays};
use crate::error::Error;
use crate::metrics::{Registry, Selector, Threshold, is_llm};
use crate::options::{Layer, OptionOrigin, Options, SummaryMode, resolve};
use crate::output::Terminal;
use crate::samples::Connections;
use crate::vu::RunState;

/// A program and its options, checked.
pub(super) struct Prepared {
    pub(super) state: Arc<RunState>,
    pub(super) program: Box<dyn Program>,
    pub(super) options: Options,
    pub(super) thresholds: Vec<Threshold>,
    pub(super) connections: Connections,
    /// Starts the built-in target on first use.
    pub(super) target: Target,
}

/// Loads the program of `job`, which may add metrics to `registry`, and resolves its options.
///
/// # Errors
/// A script that cannot be read or whose init stage raises, and all problems of the options.
pub(super) fn prepare(
    job: &Job,
    loader: Option<Loader>,
    registry: &Arc<Registry>,
    terminal: &Terminal,
    inbox: &mut Inbox,
    is_stdout_taken: bool,
) -> Result<Prepared, Error> {
    let state = RunState::new();
    let target: Target = target::on_first_use().into();
    let load = loader.ok_or_else(|| Error::Internal("the run has no program".to_owned()))?;
    let loaded = load(Loading {
        job,
        registry,
        state: &state,
        target: &target,
        terminal,
        inbox,
        is_stdout_taken,
    })?;
    let options = resolve_options(job, loaded.options())?;
    let called: Vec<&str> = options.scenarios.iter().map(|s| s.exec.as_str()).collect();
    let warnings = loaded.check_functions(&called)?;
    let connections = connections::setup(&options.http)?;
    for warning in warnings {
        terminal.warn(&warning);
    }
    let program = loaded.prepare(&Setup {
        registry,
        connections: &connections,
    })?;
    let selectors = options.selectors();
    register_llm_for(&selectors, registry);
    registry.declare(&selectors);
    if options.summary.mode == SummaryMode::Full {
        // A full summary breaks metrics down by group and scenario.
        registry.declare(&["group", "scenario"].map(|tag| Selector::SplitAll { tag: tag.into() }));
    }
    let thresholds = if options.no_thresholds {
        Vec::new()
    } else {
        options.bind_thresholds(registry)?
    };
    Ok(Prepared {
        state,
        program,
        options,
        thresholds,
        connections,
        target,
    })
}

fn resolve_options(job: &Job, own: Option<&Value>) -> Result<Options, Error> {
    let mut layers = job.layers.clone();
    if let Some(options) = own {
        let origin = OptionOrigin::Script(job.source.name());
        layers.push(Layer::from_json(options.clone(), &origin)?);
    }
    replays::read_files(&mut layers, &job.source.folder())?;
    Ok(resolve(&layers)?)
}

/// Registers the metrics of `llm` for thresholds of scripts that use `llm` only in their iterations.
fn register_llm_for(selectors: &[Selector], registry: &Registry) {
    let is_missing = |selector: &Selector| {
        matches!(selector, Selector::Filter { metric, .. }
            if is_llm(metric) && registry.metric(metric).is_none())
    };
    if selectors.iter().any(is_missing) {
        // A metric of the script with the same name is an error when the script uses `llm`.
        let _ = registry.register_llm();
    }
}
