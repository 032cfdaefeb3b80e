//! The record of a run while it goes on: a frame a second, for the file, for memory, and for whoever watches.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::machine;
use super::pushes::Pushes;
use super::server_metrics::ServerMetrics;
use super::views::Views;
use super::{Job, Verdict};
use crate::error::Error;
use crate::metrics::{
    Catalog, Failure, Keep, Registry, Reservoir, RunFacts, SeriesInfo, Summary, ThresholdSummary,
    Totals,
};
use crate::output::Terminal;
use crate::push::Named;
use crate::record::{ClientUse, Frame, Record, Run, RunEnd, Timeline};
use crate::runner::process_cpu_time;
use crate::saved::{Closing, Opening, Saver, Second};

/// A shorter time in which nothing was recorded, as at the end of a run, has no frame.
const SHORTEST: Duration = Duration::from_millis(500);

/// What is recorded of a run beside its summary, and where to.
#[derive(Clone, Default)]
pub struct RecordOptions {
    /// The command, as saved runs name it: `run`, `eval`, `llm` or `wrk`.
    pub command: &'static str,
    /// What the run is called; the script's name if empty.
    pub name: String,
    /// The file to save to.
    pub save: Option<PathBuf>,
    /// The page that is made of the record at the end.
    pub report: Option<PathBuf>,
    /// Where the page is served while the run goes on.
    pub live: Option<SocketAddr>,
    /// Whether the record is kept in memory and handed out at the end, with its older frames joined.
    pub in_memory: bool,
    /// Which streams are recorded by themselves.
    pub streams: Keep,
    /// Names for the run, for those who look at many.
    pub labels: Vec<(String, String)>,
    /// What the run is about, for those that have no options of their own.
    pub about: serde_json::Value,
    /// The stores that it is pushed to while it goes on.
    pub pushes: Vec<Named>,
    /// The servers whose metrics are recorded beside those of the run.
    pub server_metrics: ServerMetrics,
    /// Who is told of each frame as it comes.
    pub watchers: Vec<Watcher>,
}

/// Is told of each frame, on the thread that decides, and so has to be quick. Its points name the series by their places.
pub type Watcher = Arc<dyn Fn(&[SeriesInfo], &Frame) + Send + Sync>;

impl RecordOptions {
    /// Those of the run of this number, of several: its file `run.ssel` becomes `run-1.ssel`.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let with_number = |path: &PathBuf| {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let name = match path.extension() {
                Some(ending) => format!("{stem}-{number}.{}", ending.to_string_lossy()),
                None => format!("{stem}-{number}"),
            };
            path.with_file_name(name)
        };
        Self {
            save: self.save.as_ref().map(with_number),
            report: self.report.as_ref().map(with_number),
            pushes: self
                .pushes
                .iter()
                .map(|push| push.numbered(number))
                .collect(),
            ..self.clone()
        }
    }

    /// Whether there is anything to do it for.
    fn is_wanted(&self) -> bool {
        self.save.is_some()
            || self.is_kept()
            || !self.watchers.is_empty()
            || !self.pushes.is_empty()
    }

    /// Whether the record is needed as a whole at the end.
    fn is_kept(&self) -> bool {
        self.in_memory || self.report.is_some() || self.live.is_some()
    }
}

/// A record that grows.
pub(super) struct Recording {
    run: Run,
    catalog: Catalog,
    /// How many series the file knows.
    handed_on: usize,
    interval: Totals,
    /// Until when there are frames, since the start of the run.
    until: Duration,
    cpu: Duration,
    failures: Vec<(Duration, Failure)>,
    timeline: Option<Timeline>,
    /// A sample for the pages, where all streams go to the file.
    sample: Option<Reservoir>,
    saver: Option<Saver>,
    watchers: Vec<Watcher>,
    views: Views,
    pushes: Pushes,
}

impl Recording {
    /// Begins the record of a run, if somebody wants one; `run` is asked for what is known of it.
    ///
    /// # Errors
    /// A file that cannot be written, or is there already.
    pub(super) fn start(
        options: &RecordOptions,
        registry: &Registry,
        thresholds: Vec<ThresholdSummary>,
        terminal: &Terminal,
        run: impl FnOnce() -> Run,
    ) -> Result<Option<Self>, Error> {
        if !options.is_wanted() {
            return Ok(None);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let run = run();
        let run = Run {
            command: options.command.to_owned(),
            labels: options.labels.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            machine: machine::machine(),
            started: match run.started {
                Duration::ZERO => now.unwrap_or_default(),
                planned => planned,
            },
            ..run
        };
        let opening = Opening {
            runs: vec![run.clone()],
            thresholds,
        };
        let saver = options.save.as_deref().map(|path| {
            let terminal = terminal.clone();
            Saver::create(path, &opening, move |error| {
                terminal.warn(&format!("{error}; it is tried again each second"));
            })
        });
        let saver = saver.transpose();
        let saver = saver.map_err(|error| Error::Output(error.to_string()))?;
        let views = Views::start(options, &run, terminal)?;
        let pushes = Pushes::start(options, &run, registry, terminal)?;
        if saver.is_some() || options.is_kept() {
            let seed = u64::from(run.started.subsec_nanos()) ^ run.started.as_secs();
            let streams = match (options.streams, &saver) {
                // All of them have a place in a file only.
                (Keep::All, None) => Keep::Sample,
                (streams, _) => streams,
            };
            registry.keep_streams(streams, seed);
        }
        Ok(Some(Self {
            run,
            catalog: Catalog::default(),
            handed_on: 0,
            interval: Totals::new(),
            until: Duration::ZERO,
            cpu: process_cpu_time(),
            failures: Vec::new(),
            timeline: options.is_kept().then(Timeline::default),
            sample: (options.is_kept() && saver.is_some() && options.streams == Keep::All)
                .then(|| Reservoir::new(Keep::Sample)),
            saver,
            watchers: options.watchers.clone(),
            views,
            pushes,
        }))
    }

    /// Collects what was recorded since the last frame into `totals` and makes a frame of it, which ends `now`, since the
    /// start of the run.
    pub(super) fn frame(&mut self, registry: &Registry, totals: &mut Totals, now: Duration) {
        self.interval.clear();
        self.interval.collect(registry);
        totals.merge(&self.interval);
        self.catalog.update(registry);
        let length = now.saturating_sub(self.until);
        if self.interval.is_empty() && length < SHORTEST {
            return;
        }
        let cpu = process_cpu_time();
        let client = ClientUse {
            cpu: cpu.saturating_sub(std::mem::replace(&mut self.cpu, cpu)),
            memory: machine::memory(),
        };
        let start = std::mem::replace(&mut self.until, now);
        let frame = Frame::of(&self.catalog, &self.interval, (start, length), client);
        for failure in &frame.failures {
            match self
                .failures
                .iter_mut()
                .find(|(_, own)| own.key == failure.key)
            {
                Some((_, own)) => own.count += failure.count,
                None => self.failures.push((start, failure.clone())),
            }
        }
        self.views.show(self.catalog.series(), &frame);
        self.pushes.show(self.catalog.series(), &frame);
        for watcher in &self.watchers {
            watcher(self.catalog.series(), &frame);
        }
        if let Some(saver) = &self.saver {
            let (streams, gone) = registry.stream_changes();
            if let Some(sample) = &mut self.sample {
                for stream in &streams {
                    sample.add(stream.clone());
                }
            }
            saver.second(Second {
                series: self.catalog.series()[self.handed_on..].to_vec(),
                frames: vec![frame.clone()],
                streams,
                gone,
            });
            self.handed_on = self.catalog.series().len();
        }
        if let Some(timeline) = &mut self.timeline {
            timeline.push(frame);
        }
    }

    /// Ends the record with what the run came to. Returns it if it is kept in memory, and what could not be written.
    /// `enough` says when what is pushed is no longer waited for.
    pub(super) fn finish(
        self,
        registry: &Registry,
        totals: &Totals,
        facts: RunFacts,
        (summary, verdict): (&Summary, &Verdict),
        (terminal, enough): (&Terminal, &dyn Fn() -> bool),
    ) -> (Option<Record>, Vec<Error>) {
        let unsent = self.pushes.finish(enough, terminal);
        let end = verdict.to_end();
        let closing = Closing {
            ends: vec![end.clone()],
            facts,
            totals: self
                .catalog
                .iter()
                .map(|(_, sink)| totals.sink(sink).cloned())
                .collect(),
            thresholds: summary.thresholds.clone(),
            failures: self.failures,
            notes: summary.notes.clone(),
            client: Some(summary.client.clone()),
            rejected: summary.rejected,
            streams_seen: registry.streams_seen(),
        };
        let record = self.timeline.map(|timeline| {
            let run = Run {
                end: Some(end),
                ..self.run
            };
            let mut record = Record {
                runs: vec![run],
                series: self.catalog.series().to_vec(),
                frames: timeline.into_frames(),
                streams: match self.sample {
                    Some(sample) => sample.into_streams(),
                    None => registry.take_streams(),
                },
                ..Record::default()
            };
            closing.clone().fill(&mut record);
            record
        });
        let saved = self.saver.map_or(Ok(()), |saver| saver.close(closing));
        let saved = saved.map_err(|error| Error::Output(error.to_string()));
        let shown = match &record {
            Some(record) => self.views.end(record, terminal),
            None => Ok(()),
        };
        let faults = [saved, shown].into_iter().filter_map(Result::err);
        (record, faults.chain(unsent).collect())
    }
}

impl Verdict {
    /// The end of a run as its record has it.
    pub(super) fn to_end(&self) -> RunEnd {
        let (word, reason) = match self {
            Self::Passed => ("passed", String::new()),
            Self::Script(error) => ("script", error.message.clone()),
            Self::System(what) => ("system", what.clone()),
            Self::Internal(what) => ("internal", what.clone()),
            Self::Aborted(reason) => ("aborted", reason.clone()),
            Self::Thresholds(metrics) => ("thresholds", metrics.join(", ")),
            Self::MarkedFailed(reason) => ("marked_failed", reason.clone()),
            Self::Stopped => ("stopped", String::new()),
            Self::Memory(what) => ("memory", what.clone()),
            Self::Output(what) => ("output", what.clone()),
        };
        RunEnd::new(word, reason)
    }
}

/// What is known of the run of a job.
pub(super) fn run_of(job: &Job, options: serde_json::Value, seed: Option<u64>) -> Run {
    let text = job.source.read().unwrap_or_default();
    let script = String::from_utf8_lossy(&text).into_owned();
    let name = if job.record.name.is_empty() {
        job.source.name()
    } else {
        job.record.name.clone()
    };
    Run {
        name,
        started: start_at(job).unwrap_or_default(),
        part: job.placement.as_ref().map(|placement| placement.part),
        run_id: run_id(job),
        script_hash: hashed(&script),
        script,
        options: match &job.record.about {
            serde_json::Value::Null => options,
            about => about.clone(),
        },
        seed,
        ..Run::default()
    }
}

/// When the run is to begin, since the Unix epoch, if that is said.
fn start_at(job: &Job) -> Option<Duration> {
    job.start_at?.duration_since(UNIX_EPOCH).ok()
}

/// What tells the parts of one run from those of another: what the engine says, else the time at which they begin.
fn run_id(job: &Job) -> String {
    let Some(placement) = &job.placement else {
        return String::new();
    };
    let start = start_at(job);
    let start = start.map(|at| format!("start at {}.{:09}", at.as_secs(), at.subsec_nanos()));
    placement.run.clone().or(start).unwrap_or_default()
}

/// SHA-256 of the text of a script; nothing for none.
pub(super) fn hashed(script: &str) -> String {
    use std::fmt::Write;
    if script.is_empty() {
        return String::new();
    }
    let digest = ring::digest::digest(&ring::digest::SHA256, script.as_bytes());
    let mut text = String::new();
    for byte in digest.as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
