//! A run from script to summary: the layer that connects all others.
//!
//! The calling thread makes decisions and prints; it never runs Lua. The script runs on its own thread and VUs on the worker
//! threads. Their messages arrive in one channel, the `Inbox`. A [`Stopper`] can end the run at any time.

mod connections;
mod embedded;
mod files;
mod inbox;
#[cfg(feature = "cli")]
mod inspect;
#[cfg(feature = "cli")]
pub(crate) mod joined;
mod ledger;
#[cfg(feature = "llm")]
pub(crate) mod llm;
mod load;
mod machine;
mod memory;
mod phase;
mod prepare;
mod program;
mod progress;
#[cfg_attr(not(feature = "cli"), path = "absent/pushes.rs")]
mod pushes;
mod recording;
mod replays;
mod results;
mod role;
#[cfg(feature = "lua")]
mod scripted;
#[cfg_attr(not(feature = "llm"), path = "absent/server_metrics.rs")]
mod server_metrics;
mod start;
mod stop;
#[cfg_attr(not(feature = "target"), path = "absent/target.rs")]
mod target;
mod thresholds;
mod verdict;
#[cfg_attr(not(feature = "cli"), path = "absent/views.rs")]
mod views;
#[cfg(feature = "cli")]
pub(crate) mod wrk;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use serde_json::Value;

use self::inbox::{Inbox, Pending, PhaseNames};
use self::ledger::Ledger;
use self::prepare::Prepared;
use self::program::Loader;
use self::recording::Recording;
use self::role::{Agreement, Alone, Role};
use self::start::ScheduledStart;
#[cfg(feature = "lua")]
use crate::chat::Replies;
use crate::error::{Error, Stage};
use crate::metrics::{Registry, ThresholdSummary};
use crate::options::{Layer, Options, Source, ThresholdOption};
use crate::output::{self, Output, Outputs, RunInfo, Terminal};
use crate::parts::{Assignment, Part, Placement};
use crate::record::RunMetadata;
use crate::report::{Header, Palette, ScenarioLine};
use crate::runner::RunSnapshot;

pub use self::embedded::Run;
#[cfg(feature = "cli")]
pub(crate) use self::inspect::Inspection;
#[cfg(feature = "llm")]
pub use self::llm::{LlmBench, LlmEnded};
pub use self::program::Setup;
#[cfg(feature = "cli")]
pub(crate) use self::pushes::Stores;
pub(crate) use self::recording::RecordOptions;
pub(crate) use self::role::Rendezvous;
#[cfg(feature = "cli")]
pub(crate) use self::server_metrics::ServerMetrics;
pub use self::stop::Stopper;
pub use self::verdict::{Ended, Verdict};

/// A run and how to perform it.
pub(crate) struct Job {
    /// The script; for VUs written in Rust, their name.
    pub source: Source,
    /// Loads the program; taken when the run starts.
    pub loader: Option<Loader>,
    /// Options from config file, environment and flags. Those of the script are added.
    pub layers: Vec<Layer>,
    /// Variables for the script; they override those of the process.
    pub env: HashMap<String, String>,
    /// Worker threads; one for each core by default.
    pub workers: Option<NonZeroUsize>,
    /// The file for the summary as JSON.
    pub summary_export: Option<PathBuf>,
    /// Called with each reply of a language model, on the worker thread that read it.
    #[cfg(feature = "lua")]
    pub replies: Option<Replies>,
    /// Outputs for single samples.
    pub outputs: Vec<Box<dyn Output>>,
    /// The part that this process performs, if the run is divided.
    pub placement: Option<Placement>,
    /// The start of the load; by default, as soon as possible.
    pub start_at: Option<SystemTime>,
    /// How it finds the other parts of the run, if they are joined.
    pub join: Option<Arc<dyn Rendezvous>>,
    /// Serializes what is collected besides metrics, for part 0 of a joined run.
    pub extra: Option<Extra>,
    /// What is recorded besides the summary.
    pub record: RecordOptions,
    /// What it prints besides its messages.
    pub show: Show,
}

impl Job {
    /// A run of this script with its own options.
    #[cfg(feature = "lua")]
    pub(crate) fn script(source: Source) -> Self {
        Self::new(source, Box::new(scripted::load))
    }

    fn new(source: Source, loader: Loader) -> Self {
        Self {
            source,
            loader: Some(loader),
            layers: Vec::new(),
            env: HashMap::new(),
            workers: None,
            summary_export: None,
            #[cfg(feature = "lua")]
            replies: None,
            outputs: Vec::new(),
            placement: None,
            start_at: None,
            join: None,
            extra: None,
            record: RecordOptions::default(),
            show: Show::Whole,
        }
    }

    /// The same job for another script, without options. It takes over the outputs.
    #[cfg(feature = "llm")]
    pub(crate) fn next(&mut self, source: Source) -> Self {
        Self {
            workers: self.workers,
            outputs: std::mem::take(&mut self.outputs),
            placement: self.placement.clone(),
            start_at: self.start_at,
            join: self.join.clone(),
            record: self.record.clone(),
            ..Self::script(source)
        }
    }

    /// The part of the run.
    pub(crate) fn part(&self) -> Part {
        let placement = self.placement.as_ref();
        placement.map_or(Part::WHOLE, |placement| placement.part)
    }
}

/// Serializes what a benchmark collected besides metrics, for part 0 to merge.
pub(crate) type Extra = Arc<dyn Fn() -> Value + Send + Sync>;

/// What a run prints besides its messages.
#[derive(Clone, Default)]
pub(crate) enum Show {
    /// Banner, header, the progress of each scenario, and the summary.
    #[default]
    Whole,
    /// These lines during the run.
    Lines(Arc<ProgressLines>),
}

/// Formats the progress of a run as lines for a screen with this number of columns.
pub(crate) type ProgressLines = dyn Fn(&RunSnapshot, usize, &Palette) -> Vec<String> + Send + Sync;

/// Runs `job` and prints to `terminal`, until the run ends or `stopper` ends it.
///
/// # Errors
/// Why the run could not take place: options, the init stage of the script or its `setup`. Later failures are part of
/// [`Ended`].
#[expect(
    clippy::too_many_lines,
    reason = "a run from beginning to end, one step after the other"
)]
pub(crate) fn run(mut job: Job, terminal: &Terminal, stopper: &Stopper) -> Result<Ended, Error> {
    let outputs = std::mem::take(&mut job.outputs);
    let loader = job.loader.take();
    let job = &job;
    files::check(job, &outputs)?;
    let names = match job.show {
        Show::Whole => PhaseNames::SCRIPT,
        Show::Lines(_) => PhaseNames::BENCHMARK,
    };
    let mut inbox = Inbox::new(stopper, terminal, names);
    let registry = Registry::new(Vec::new());
    if !outputs.is_empty() {
        output::keep_samples(&registry);
    }
    if let Some(spans) = job.record.pushes.spans() {
        registry.keep_spans(Arc::clone(spans));
    }
    let Prepared {
        state,
        program,
        options,
        thresholds,
        connections,
        target,
    } = prepare::prepare(job, loader, &registry, terminal, &mut inbox, false)?;
    let tags = options
        .tags
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    program.configure(connections, options.to_json(), tags, options.seed);

    let name = job.source.name();
    let mut names: Vec<String> = outputs.iter().map(|output| output.name()).collect();
    names.extend(job.record.pushes.names());
    let outputs = Outputs::start(outputs, &run_info(&name, &options), &registry, terminal)
        .map_err(Error::Output)?;

    let mut role: Box<dyn Role> = match &job.join {
        Some(join) if !job.part().is_whole() => {
            join.meet(job, &*program, &options, terminal, &inbox)?
        }
        _ => Box::new(Alone),
    };
    let pending: Vec<_> = thresholds.iter().map(ThresholdSummary::pending).collect();
    let scheduled_start = job.start_at.map(ScheduledStart::new);
    // The times of all parts count from the common start, whenever each of them was ready.
    let mut began = scheduled_start.map_or_else(Instant::now, ScheduledStart::at);
    let mut started = recording::started(job);
    let recording = |record: &RecordOptions, others, started| {
        Recording::start(record, &registry, pending.clone(), terminal, others, || {
            RunMetadata {
                started,
                ..recording::run_of(job, &program.text(), &options)
            }
        })
    };
    let (mut record, mut own) = (None, None);
    if !role.is_following() {
        record = recording(&job.record, role.others(), started)?;
    }

    if matches!(job.show, Show::Whole) {
        terminal.banner();
        terminal.header(&Header {
            script: &name,
            part: shown_part(job).as_deref(),
            outputs: &names,
            max_vus: options.max_vus(),
            max_duration: options.total_duration(),
            scenarios: &scenario_lines(&options),
        });
    }

    if !has_work(&options, job.part()) {
        terminal.warn(&format!(
            "part {} has nothing to do: the load has fewer VUs than parts",
            job.part()
        ));
    }
    (began, started) = role.agree_on_start(
        (began, started),
        Agreement {
            job,
            program: &*program,
            registry: &registry,
            inbox: &inbox,
            terminal,
        },
    )?;
    if let Some(record) = job.record.of_part() {
        own = recording(&record, Vec::new(), started)?;
    }
    state.start(began);
    if !options.no_setup && !role.is_following() {
        let limit = options.setup_timeout;
        let setup = Pending::new(Stage::Setup, limit, |reply| program.setup(limit, reply));
        inbox
            .answer(&setup, Stopper::is_stopped)
            .unwrap_or(Err(Error::Stopped))??;
    }
    role.set_up(&*program);
    outputs.begin();
    // Thresholds judge the whole run, which only part 0 sees.
    let thresholds = if role.is_following() {
        Vec::new()
    } else {
        thresholds::RunThreshold::all(thresholds, &options.thresholds)
    };
    let servers = job.record.server_metrics.of_part(job.part(), &target);
    let load = load::LoadRun {
        job,
        options: &options,
        program: &*program,
        registry: &registry,
        state: &state,
        scheduled_start,
        servers: &servers,
    };
    let ledger = Ledger::new(record, own, role);
    let loaded = load.run(terminal, &mut inbox, thresholds, ledger);
    Ok(results::conclude(
        &load, loaded, outputs, terminal, &mut inbox,
    ))
}

fn run_info(script: &str, options: &Options) -> RunInfo {
    let threshold = |threshold: &ThresholdOption| {
        let (metric, demand) = (&threshold.selector, &threshold.expression.source);
        (metric.to_string(), demand.clone())
    };
    RunInfo {
        script: script.to_owned(),
        thresholds: options.thresholds.iter().map(threshold).collect(),
    }
}

/// The part for the header; `None` for a whole run.
fn shown_part(job: &Job) -> Option<String> {
    let placement = job.placement.as_ref()?;
    let Placement { part, from, .. } = placement;
    (!part.is_whole()).then(|| format!("part {part} (by {from})"))
}

/// Whether a part of a run has a VU.
fn has_work(options: &Options, part: Part) -> bool {
    let mut before = 0;
    options.scenarios.iter().any(|scenario| {
        let most = scenario.executor.max_vus();
        let assignment = Assignment::new(part, before, most);
        before += scenario.executor.initial_vus();
        most == 0 || assignment.vu_count(most) > 0
    })
}

fn scenario_lines(options: &Options) -> Vec<ScenarioLine> {
    let line = |scenario: &crate::options::Scenario| ScenarioLine {
        name: scenario.name.clone(),
        description: scenario.describe(),
    };
    options.scenarios.iter().map(line).collect()
}
