//! A run from script to summary: the one place that knows everything.
//!
//! The calling thread decides and prints and never runs Lua: the script has a thread of its own, VUs live on the
//! workers, and whatever they have to say arrives in one channel, the `Inbox`. The end can be asked for
//! from outside at any time, with a [`Stopper`].

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
pub(crate) mod wrk;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use self::inbox::{Asked, Inbox, Names};
use self::joined::Team;
use self::ledger::Ledger;
use self::prepare::Ready;
use self::program::MakeVus;
use self::recording::Recording;
use self::start::Appointment;
use crate::chat::Replies;
use crate::error::Error;
use crate::metrics::{Registry, Summary, ThresholdSummary};
use crate::options::{Layer, Options, ThresholdOption};
use crate::output::{self, Output, Outputs, RunInfo, Terminal};
use crate::parts::{Assignment, Part, Placement};
use crate::push::PushOutput;
use crate::record::{Record, Run as RunRecord};
use crate::report::{Header, Palette, ScenarioLine};
use crate::runner::Progress;
use crate::script::{Console, ScriptError, Source, Stage};

pub use self::embedded::Run;
pub(crate) use self::inspect::{demands, files_read, inspect};
pub use self::program::Setup;
pub(crate) use self::recording::RecordOptions;
pub(crate) use self::server_metrics::ServerMetrics;
pub use self::stop::Stopper;

/// What to run.
pub struct Job {
    /// The script.
    pub source: Source,
    /// VUs that are written in Rust, in place of those of the script, whose text is empty then.
    pub vus: Option<MakeVus>,
    /// Options from config file, environment and flags; those of the script join them.
    pub layers: Vec<Layer>,
    /// Variables for the script, over those of the process.
    pub env: HashMap<String, String>,
    /// Worker threads; one for each core by default.
    pub workers: Option<NonZeroUsize>,
    /// Where the summary goes as JSON, if anywhere.
    pub summary_export: Option<PathBuf>,
    /// Is told of each reply of a language model, on the worker that read it.
    pub replies: Option<Replies>,
    /// Where samples go, one by one.
    pub outputs: Vec<Box<dyn Output>>,
    /// Which part of it this process makes, if others make the rest.
    pub placement: Option<Placement>,
    /// When the load begins; as soon as it can by default.
    pub start_at: Option<SystemTime>,
    /// How it finds the other parts of the run, if they are joined.
    pub join: Option<joined::Join>,
    /// Makes what is collected beside the metrics into data, for part 0 of a joined run.
    pub extra: Option<joined::Extra>,
    /// What is recorded of it beside its summary.
    pub record: RecordOptions,
    /// What it shows of itself.
    pub show: Show,
}

impl Job {
    /// A run of this script as its own options say.
    pub fn new(source: Source) -> Self {
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

    /// Which part of the run it is.
    pub fn part(&self) -> Part {
        let placement = self.placement.as_ref();
        placement.map_or(Part::WHOLE, |placement| placement.part)
    }
}

/// What a run shows of itself beside its messages.
#[derive(Clone, Default)]
pub enum Show {
    /// Banner, header, the progress of each scenario, and the summary.
    #[default]
    Whole,
    /// These lines while it runs.
    Lines(Arc<Lines>),
}

/// Makes lines of how far a run is, for a screen of so many columns.
pub type Lines = dyn Fn(&Progress, usize, &Palette) -> Vec<String> + Send + Sync;

/// How a run ended that took place.
#[derive(Debug)]
pub struct Ended {
    /// What to tell the shell.
    pub verdict: Verdict,
    /// All that was measured.
    pub summary: Summary,
    /// How many iterations raised an error.
    pub raised: u64,
    /// The record, if it was to be kept in memory.
    pub record: Option<Record>,
    /// What the other parts of a joined run collected beside the metrics; on part 0 only.
    pub extras: Vec<(u64, Option<serde_json::Value>)>,
    /// The result of a joined run is on part 0, and this is another part.
    pub is_elsewhere: bool,
}

/// What a run says to a CI job. Of several that apply, the first in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// A VU could not be made, or `teardown` or `handle_summary` failed.
    Script(ScriptError),
    /// The system refused what a run needs, so that there was no load.
    System(String),
    /// ssel itself failed.
    Internal(String),
    /// `exec.test.abort` was called, with this reason.
    Aborted(String),
    /// These thresholds do not hold.
    Thresholds(Vec<String>),
    /// `exec.test.fail` was called, with this reason.
    MarkedFailed(String),
    /// Memory ran short and the run was ended, with how much there was.
    Memory(String),
    /// The run was stopped from outside before its end.
    Stopped,
    /// A result could not be written.
    Output(String),
    /// Part 0 of a joined run was lost, and this is the result of one of the other parts.
    Lost(String),
    /// All is well.
    Passed,
}

/// Runs `job`, printing to `terminal`, to its end or until `stopper` asks for it.
///
/// # Errors
/// What kept the run from taking place: options, the script's init stage or its `setup`. All that happens later is part
/// of [`Ended`].
#[expect(
    clippy::too_many_lines,
    reason = "a run from beginning to end, one step after the other"
)]
pub fn run(mut job: Job, terminal: &Terminal, stopper: &Stopper) -> Result<Ended, Error> {
    let outputs = std::mem::take(&mut job.outputs);
    let vus = job.vus.take();
    let job = &job;
    files::check(job, &outputs)?;
    let names = match job.show {
        Show::Whole => Names::SCRIPT,
        Show::Lines(_) => Names::BENCHMARK,
    };
    let mut inbox = Inbox::new(stopper, terminal, names);
    let registry = Registry::new(Vec::new());
    if !outputs.is_empty() {
        output::keep_samples(&registry);
    }
    if let Some(spans) = job.record.pushes.iter().find_map(PushOutput::spans) {
        registry.keep_spans(Arc::clone(spans));
    }
    let console = Arc::new(Screen(terminal.clone()));
    let Ready {
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

    let mut team = joined::gather(job, &program, &options, terminal, &inbox)?;
    let demanded: Vec<_> = thresholds.iter().map(ThresholdSummary::demanded).collect();
    let appointment = job.start_at.map(Appointment::new);
    // All parts count from the one start, not from when each of them was ready for it.
    let mut began = appointment.map_or_else(Instant::now, Appointment::at);
    let mut started = recording::started(job);
    let recording = |record: &RecordOptions, others, started| {
        Recording::start(
            record,
            &registry,
            demanded.clone(),
            terminal,
            others,
            || RunRecord {
                started,
                ..recording::run_of(job, options.to_json(), Some(options.seed))
            },
        )
    };
    let (mut record, mut own) = (None, None);
    if !is_following(team.as_ref()) {
        let others = team.as_mut().and_then(Team::lead);
        let others = others.map_or(Vec::new(), |lead| lead.runs());
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
    match &mut team {
        Some(Team::Follow(follow)) => {
            (began, started) = follow.await_setup(&program, &registry, &inbox, terminal)?;
        }
        Some(Team::Lead(lead)) => {
            let pushes = job.record.pushes.iter();
            let selectors: Vec<_> = pushes.flat_map(PushOutput::selectors).collect();
            lead.starts(began, started, &selectors);
        }
        None => {}
    }
    if let Some(record) = job.record.of_part() {
        own = recording(&record, Vec::new(), started)?;
    }
    state.start(began);
    if !options.no_setup && !is_following(team.as_ref()) {
        let limit = options.setup_timeout;
        let setup = Asked::new(Stage::Setup, limit, |reply| program.setup(limit, reply));
        inbox
            .answer(&setup, Stopper::is_stopped)
            .unwrap_or(Err(Error::Stopped))??;
    }
    if let Some(lead) = team.as_mut().and_then(Team::lead) {
        lead.set_up(program.setup_value());
    }
    outputs.begin();
    // What is demanded is demanded of the whole run.
    let watched = if is_following(team.as_ref()) {
        Vec::new()
    } else {
        thresholds::Watched::all(thresholds, &options.thresholds)
    };
    // Parts of one load would record the same server once each.
    let servers = if job.part().is_first() {
        job.record.server_metrics.resolved(&target)
    } else {
        ServerMetrics::default()
    };
    let load = load::Load {
        job,
        options: &options,
        program: &program,
        registry: &registry,
        state: &state,
        appointment,
        servers: &servers,
    };
    let ledger = Ledger::new(record, own, team);
    let loaded = load.run(terminal, &mut inbox, watched, ledger);
    Ok(results::conclude(
        &load, loaded, outputs, terminal, &mut inbox,
    ))
}

fn is_following(team: Option<&Team>) -> bool {
    team.is_some_and(Team::is_following)
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

/// The part as the header has it; nothing for a whole run.
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

/// The terminal as scripts see it.
struct Screen(Terminal);

impl Console for Screen {
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
