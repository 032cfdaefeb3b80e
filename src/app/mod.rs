//! A run from script to summary: the layer that connects all others.
//!
//! The calling thread makes decisions and prints; it never runs Lua. The script runs on its own thread and VUs on the worker
//! threads. Their messages arrive in one channel, the `Inbox`. A [`Stopper`] can end the run at any time.

mod connections;
mod embedded;
mod files;
mod inbox;
mod inspect;
pub(crate) mod joined;
mod ledger;
pub(crate) mod llm;
mod load;
mod machine;
mod memory;
mod phase;
mod prepare;
mod program;
mod progress;
mod pushes;
mod recording;
mod replays;
mod results;
mod server_metrics;
mod start;
mod stop;
mod target;
mod thresholds;
mod views;
#[cfg(feature = "wrk")]
pub(crate) mod wrk;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use self::inbox::{Inbox, Pending, PhaseNames};
use self::joined::Role;
use self::ledger::Ledger;
use self::prepare::Prepared;
use self::program::MakeVus;
use self::recording::Recording;
use self::start::ScheduledStart;
use crate::chat::Replies;
use crate::error::Error;
use crate::metrics::{Registry, Summary, ThresholdSummary};
use crate::options::{Layer, Options, ThresholdOption};
use crate::output::{self, Output, Outputs, RunInfo, Terminal};
use crate::parts::{Assignment, Part, Placement};
use crate::push::PushOutput;
use crate::record::{Record, RunMetadata};
use crate::report::{Header, Palette, ScenarioLine};
use crate::runner::RunSnapshot;
use crate::script::{Console, ScriptError, Source, Stage};

pub use self::embedded::Run;
pub(crate) use self::inspect::{files_read, inspect, script_thresholds};
pub use self::llm::{LlmBench, LlmEnded};
pub use self::program::Setup;
pub(crate) use self::recording::RecordOptions;
pub(crate) use self::server_metrics::ServerMetrics;
pub use self::stop::Stopper;

/// A run and how to perform it.
pub(crate) struct Job {
    /// The script.
    pub source: Source,
    /// VUs that are written in Rust, in place of those of the script, whose text is empty then.
    pub vus: Option<MakeVus>,
    /// Options from config file, environment and flags. Those of the script are added.
    pub layers: Vec<Layer>,
    /// Variables for the script; they override those of the process.
    pub env: HashMap<String, String>,
    /// Worker threads; one for each core by default.
    pub workers: Option<NonZeroUsize>,
    /// The file for the summary as JSON.
    pub summary_export: Option<PathBuf>,
    /// Called with each reply of a language model, on the worker thread that read it.
    pub replies: Option<Replies>,
    /// Outputs for single samples.
    pub outputs: Vec<Box<dyn Output>>,
    /// The part that this process performs, if the run is divided.
    pub placement: Option<Placement>,
    /// The start of the load; by default, as soon as possible.
    pub start_at: Option<SystemTime>,
    /// How it finds the other parts of the run, if they are joined.
    pub join: Option<joined::Join>,
    /// Serializes what is collected besides metrics, for part 0 of a joined run.
    pub extra: Option<joined::Extra>,
    /// What is recorded besides the summary.
    pub record: RecordOptions,
    /// What it prints besides its messages.
    pub show: Show,
}

impl Job {
    /// A run of this script with its own options.
    pub(crate) fn new(source: Source) -> Self {
        Self {
            source,
            vus: None,
            layers: Vec::new(),
            env: HashMap::new(),
            workers: None,
            summary_export: None,
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
    pub(crate) fn next(&mut self, source: Source) -> Self {
        Self {
            workers: self.workers,
            outputs: std::mem::take(&mut self.outputs),
            placement: self.placement.clone(),
            start_at: self.start_at,
            join: self.join.clone(),
            record: self.record.clone(),
            ..Self::new(source)
        }
    }

    /// The part of the run.
    pub(crate) fn part(&self) -> Part {
        let placement = self.placement.as_ref();
        placement.map_or(Part::WHOLE, |placement| placement.part)
    }
}

/// What a run prints besides its messages.
#[derive(Clone, Default)]
pub(crate) enum Show {
    /// Banner, header, the progress of each scenario, and the summary.
    #[default]
    Whole,
    /// These lines during the run.
    Lines(Arc<Lines>),
}

/// Formats the progress of a run as lines for a screen with this number of columns.
pub(crate) type Lines = dyn Fn(&RunSnapshot, usize, &Palette) -> Vec<String> + Send + Sync;

/// The result of a run that took place.
#[derive(Debug)]
pub struct Ended {
    /// The verdict, which determines the exit code.
    pub verdict: Verdict,
    /// The summary.
    pub summary: Summary,
    /// The number of iterations that raised an error.
    pub raised: u64,
    /// The record, if it was kept in memory.
    pub record: Option<Record>,
    /// What the other parts of a joined run collected besides metrics; on part 0 only.
    pub extras: Vec<(u64, Option<serde_json::Value>)>,
    /// This is another part than part 0 of a joined run, which has the result.
    pub is_elsewhere: bool,
}

/// The verdict on a run. If several apply, the first in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// A VU could not be created, or `teardown` or `handle_summary` failed.
    Script(ScriptError),
    /// The system refused a resource, so that there was no load.
    System(String),
    /// A fault of ssel.
    Internal(String),
    /// `exec.test.abort` was called, with this reason.
    Aborted(String),
    /// These thresholds failed.
    Thresholds(Vec<String>),
    /// `exec.test.fail` was called, with this reason.
    MarkedFailed(String),
    /// The run was ended because memory ran short, with the amounts.
    Memory(String),
    /// The run was stopped from outside before its end.
    Stopped,
    /// A result could not be written.
    Output(String),
    /// Part 0 of a joined run was lost; this is the result of another part.
    Lost(String),
    /// The run passed.
    Passed,
}

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
    let vus = job.vus.take();
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
    if let Some(spans) = job.record.pushes.iter().find_map(PushOutput::spans) {
        registry.keep_spans(Arc::clone(spans));
    }
    let console = Arc::new(TerminalConsole(terminal.clone()));
    let Prepared {
        state,
        program,
        options,
        thresholds,
        connections,
        target,
    } = prepare::prepare(job, vus, &registry, console, terminal, &mut inbox)?;
    let tags = options
        .tags
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    program.configure(connections, options.to_json(), tags, options.seed);

    let name = job.source.name();
    let mut names: Vec<String> = outputs.iter().map(|output| output.name()).collect();
    names.extend(job.record.pushes.iter().map(PushOutput::shown));
    let outputs = Outputs::start(outputs, &run_info(&name, &options), &registry, terminal)
        .map_err(Error::Output)?;

    let mut role = joined::rendezvous(job, &program, &options, terminal, &inbox)?;
    let pending: Vec<_> = thresholds.iter().map(ThresholdSummary::pending).collect();
    let scheduled_start = job.start_at.map(ScheduledStart::new);
    // The times of all parts count from the common start, whenever each of them was ready.
    let mut began = scheduled_start.map_or_else(Instant::now, ScheduledStart::at);
    let mut started = recording::started(job);
    let recording = |record: &RecordOptions, others, started| {
        Recording::start(record, &registry, pending.clone(), terminal, others, || {
            RunMetadata {
                started,
                ..recording::run_of(job, options.to_json(), Some(options.seed))
            }
        })
    };
    let (mut record, mut own) = (None, None);
    if !is_following(role.as_ref()) {
        let others = role.as_mut().and_then(Role::leader);
        let others = others.map_or(Vec::new(), |leader| leader.runs());
        record = recording(&job.record, others, started)?;
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
    match &mut role {
        Some(Role::Follower(follower)) => {
            (began, started) = follower.await_setup(&program, &registry, &inbox, terminal)?;
        }
        Some(Role::Leader(leader)) => {
            let pushes = job.record.pushes.iter();
            let selectors: Vec<_> = pushes.flat_map(PushOutput::selectors).collect();
            leader.starts(began, started, &selectors);
        }
        None => {}
    }
    if let Some(record) = job.record.of_part() {
        own = recording(&record, Vec::new(), started)?;
    }
    state.start(began);
    if !options.no_setup && !is_following(role.as_ref()) {
        let limit = options.setup_timeout;
        let setup = Pending::new(Stage::Setup, limit, |reply| program.setup(limit, reply));
        inbox
            .answer(&setup, Stopper::is_stopped)
            .unwrap_or(Err(Error::Stopped))??;
    }
    if let Some(leader) = role.as_mut().and_then(Role::leader) {
        leader.set_up(program.setup_value());
    }
    outputs.begin();
    // Thresholds judge the whole run, which only part 0 sees.
    let thresholds = if is_following(role.as_ref()) {
        Vec::new()
    } else {
        thresholds::RunThreshold::all(thresholds, &options.thresholds)
    };
    // Otherwise each part would record the same server.
    let servers = if job.part().is_first() {
        job.record.server_metrics.resolved(&target)
    } else {
        ServerMetrics::default()
    };
    let load = load::LoadRun {
        job,
        options: &options,
        program: &program,
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

fn is_following(role: Option<&Role>) -> bool {
    role.is_some_and(Role::is_following)
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

/// The output of scripts.
struct TerminalConsole(Terminal);

impl Console for TerminalConsole {
    fn print(&self, text: &[u8]) {
        self.0.script_print(&String::from_utf8_lossy(text));
    }

    fn print_error(&self, text: &[u8]) {
        self.0.script_print_err(&String::from_utf8_lossy(text));
    }

    fn script_error(&self, text: &str) {
        self.0.script_error(text);
    }
}
