//! Everything before the load: the script's init stage, and the options of all layers.

use std::sync::Arc;

use super::inbox::{Inbox, Message};
use super::program::{MakeVus, Program, Setup};
use super::target::{self, Target};
use super::{Job, connections, replays};
use crate::error::Error;
use crate::metrics::{Registry, Selector, Threshold, is_llm};
use crate::options::{Layer, OptionOrigin, Options, SummaryMode, resolve};
use crate::output::Terminal;
use crate::samples::Connections;
use crate::script::{self, Console, Host, Script};
use crate::vu::RunState;

/// What a run executes, before its options are known.
enum Loaded {
    Script(Box<Script>),
    Vus(MakeVus),
}

impl Loaded {
    fn script(&self) -> Option<&Script> {
        match self {
            Self::Script(script) => Some(script),
            Self::Vus(_) => None,
        }
    }
}

/// A script and its options, checked.
pub(super) struct Prepared {
    pub(super) state: Arc<RunState>,
    pub(super) program: Program,
    pub(super) options: Options,
    pub(super) thresholds: Vec<Threshold>,
    pub(super) connections: Connections,
    /// Starts the built-in target on first use.
    pub(super) target: Target,
}

/// Loads the script of `job`, which may add metrics to `registry`, and resolves its options. Its output goes to `console`.
///
/// # Errors
/// A script that cannot be read or whose init stage raises, and all problems of the options.
pub(super) fn prepare(
    job: &Job,
    vus: Option<MakeVus>,
    registry: &Arc<Registry>,
    console: Arc<dyn Console>,
    terminal: &Terminal,
    inbox: &mut Inbox,
) -> Result<Prepared, Error> {
    let state = RunState::new();
    let target: Target = target::on_first_use().into();
    let host = Host {
        env: job.env.clone(),
        console,
        registry: Arc::clone(registry),
        run: Arc::clone(&state),
        target: {
            let target = Arc::clone(&target);
            Box::new(move || target())
        },
        replies: job.replies.clone(),
        part: job.part(),
    };
    let loaded = if let Some(make) = vus {
        Loaded::Vus(make)
    } else {
        let sender = inbox.sender();
        script::load(job.source.clone(), host, move |loaded| {
            sender.send(Message::Loaded(Box::new(loaded)));
        });
        Loaded::Script(Box::new(inbox.loaded()??))
    };
    let options = resolve_options(job, loaded.script())?;
    let connections = connections::setup(&options.http)?;
    if let Some(script) = loaded.script() {
        let called: Vec<&str> = options.scenarios.iter().map(|s| s.exec.as_str()).collect();
        for warning in script.misspelt_exports(&called) {
            terminal.warn(&warning);
        }
    }
    let program = match loaded {
        Loaded::Script(script) => Program::Script(script),
        Loaded::Vus(make) => {
            let setup = Setup {
                registry,
                connections: &connections,
            };
            Program::Vus(make(&setup).map_err(Error::Vus)?)
        }
    };
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

fn resolve_options(job: &Job, script: Option<&Script>) -> Result<Options, Error> {
    let mut layers = job.layers.clone();
    if let Some(options) = script.and_then(Script::options) {
        let origin = OptionOrigin::Script(job.source.name());
        layers.push(Layer::from_json(options.clone(), &origin)?);
    }
    replays::read_files(&mut layers, &job.source.folder())?;
    let options = resolve(&layers)?;
    if let Some(script) = script {
        for scenario in &options.scenarios {
            script.check_export(&scenario.exec)?;
        }
    }
    Ok(options)
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
