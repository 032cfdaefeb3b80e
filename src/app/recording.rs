//! Builds the record of a run: one frame per second, for the file, for memory and for subscribers.

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
    Catalog, Failure, Keep, Registry, Reservoir, RunFacts, SampledStream, SeriesInfo, Summary,
    ThresholdSummary, Totals,
};
use crate::output::Terminal;
use crate::push::PushOutput;
use crate::record::{Frame, Record, Run, RunEnd, Timeline};
use crate::saved::{Opening, Saver, Second};

/// What is recorded of a run beside its summary, and where to.
#[derive(Clone, Default)]
pub struct RecordOptions {
    /// The command, as saved runs name it: `run`, `eval`, `llm` or `wrk`.
    pub command: &'static str,
    /// What the run is called; the script's name if empty.
    pub name: String,
    /// The file to save to.
    pub save: Option<PathBuf>,
    /// The file to save one part of a joined run to, by itself.
    pub save_part: Option<PathBuf>,
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
    pub pushes: Vec<PushOutput>,
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

    /// What is recorded of one part of a joined run by itself: its file, if it has one.
    pub(super) fn of_part(&self) -> Option<Self> {
        let save = self.save_part.clone()?;
        Some(Self {
            command: self.command,
            name: self.name.clone(),
            save: Some(save),
            streams: self.streams,
            labels: self.labels.clone(),
            about: self.about.clone(),
            ..Self::default()
        })
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

/// Streams that came in, and the numbers of those that had to leave the sample.
pub(super) type StreamChanges = (Vec<SampledStream>, Vec<u64>);

/// A record that grows.
pub(super) struct Recording {
    run: Run,
    /// The other parts of the run.
    others: Vec<Run>,
    /// How many series the file knows.
    handed_on: usize,
    /// Streams that wait for the next frame.
    changes: StreamChanges,
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
    /// Begins the record of a run, if somebody wants one; `run` is asked for what is known of it. `others` are the other
    /// parts of a run that is joined.
    ///
    /// # Errors
    /// A file that cannot be written, or is there already.
    pub(super) fn start(
        options: &RecordOptions,
        registry: &Registry,
        thresholds: Vec<ThresholdSummary>,
        terminal: &Terminal,
        others: Vec<Run>,
        run: impl FnOnce() -> Run,
    ) -> Result<Option<Self>, Error> {
        if !options.is_wanted() {
            return Ok(None);
        }
        let run = Run {
            command: options.command.to_owned(),
            labels: options.labels.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            machine: machine::machine(),
            ..run()
        };
        let others: Vec<Run> = others
            .into_iter()
            .map(|other| Run {
                started: run.started,
                ..other
            })
            .collect();
        let opening = Opening {
            runs: std::iter::once(&run).chain(&others).cloned().collect(),
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
        // What is pushed of a joined run is of all its parts.
        let part = run.part.filter(|_| others.is_empty());
        let pushed = Run {
            part,
            ..run.clone()
        };
        let pushes = Pushes::start(options, &pushed, registry, terminal)?;
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
            others,
            handed_on: 0,
            changes: StreamChanges::default(),
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

    /// Whether it goes to a file.
    pub(super) fn saves(&self) -> bool {
        self.saver.is_some()
    }

    /// Adds the frame of the latest time, whose points are numbered as the series in `catalog` are, and what has changed of
    /// the streams that are kept.
    pub(super) fn add(&mut self, catalog: &Catalog, frame: &Frame, changes: Option<StreamChanges>) {
        for failure in &frame.failures {
            match self
                .failures
                .iter_mut()
                .find(|(_, own)| own.key == failure.key)
            {
                Some((_, own)) => own.count += failure.count,
                None => self.failures.push((frame.start, failure.clone())),
            }
        }
        self.keep_streams(changes);
        self.views.show(catalog.series(), frame);
        self.pushes.show(catalog.series(), frame);
        for watcher in &self.watchers {
            watcher(catalog.series(), frame);
        }
        if let Some(saver) = &self.saver {
            let (streams, gone) = std::mem::take(&mut self.changes);
            saver.second(Second {
                series: catalog.series()[self.handed_on..].to_vec(),
                frames: vec![frame.clone()],
                streams,
                gone,
            });
            self.handed_on = catalog.series().len();
        }
        if let Some(timeline) = &mut self.timeline {
            timeline.push(frame.clone());
        }
    }

    /// Takes note of streams that came in or had to leave; they are written with the next frame.
    pub(super) fn keep_streams(&mut self, changes: Option<StreamChanges>) {
        let (streams, gone) = changes.unwrap_or_default();
        if let Some(sample) = &mut self.sample {
            for stream in &streams {
                sample.add(stream.clone());
            }
        }
        if self.saver.is_some() {
            self.changes.0.extend(streams);
            self.changes.1.extend(gone);
        }
    }

    /// Ends the record with what the run came to. Returns it if it is kept in memory, and what could not be written.
    /// `enough` says when what is pushed is no longer waited for.
    pub(super) fn finish(
        self,
        (registry, catalog): (&Registry, &Catalog),
        totals: &Totals,
        facts: RunFacts,
        (summary, verdict): (&Summary, &Verdict),
        (terminal, enough): (&Terminal, &dyn Fn() -> bool),
    ) -> (Option<Record>, Vec<Error>) {
        let unsent = self.pushes.finish(enough, terminal);
        let end = verdict.to_end();
        let runs = std::iter::once(self.run).chain(self.others);
        let run = |run| Run {
            end: Some(end.clone()),
            ..run
        };
        let totals = catalog.iter().map(|(_, sink)| totals.sink(sink).cloned());
        let record = Record {
            runs: runs.map(run).collect(),
            facts,
            totals: totals.collect(),
            thresholds: summary.thresholds.clone(),
            failures: self.failures,
            notes: [summary.notes.clone(), unsent.notes].concat(),
            client: Some(summary.client.clone()),
            rejected: summary.rejected,
            streams_seen: registry.streams_seen(),
            ..Record::default()
        };
        let saved = self.saver.map(|saver| saver.close(record.clone()));
        let record = self.timeline.map(|timeline| Record {
            series: catalog.series().to_vec(),
            frames: timeline.into_frames(),
            streams: match self.sample {
                Some(sample) => sample.into_streams(),
                None => registry.take_streams(),
            },
            ..record
        });
        let saved = saved.unwrap_or(Ok(()));
        let saved = saved.map_err(|error| Error::Output(error.to_string()));
        let shown = match &record {
            Some(record) => self.views.end(record, terminal),
            None => Ok(()),
        };
        let faults = [saved, shown].into_iter().filter_map(Result::err);
        (record, faults.chain(unsent.faults).collect())
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
            Self::Lost(what) => ("lost", what.clone()),
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

/// What tells the parts of one run from those of another: what the launcher says, else the time at which they begin.
fn run_id(job: &Job) -> String {
    let Some(placement) = &job.placement else {
        return String::new();
    };
    let start = start_at(job);
    let start = start.map(|at| format!("start at {}.{:09}", at.as_secs(), at.subsec_nanos()));
    placement.run.clone().or(start).unwrap_or_default()
}

/// When a run begins, since the Unix epoch: now, unless that is said.
pub(super) fn started(job: &Job) -> Duration {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH);
    start_at(job).unwrap_or_else(|| now().unwrap_or_default())
}

/// SHA-256 of the text of a script; nothing for none.
pub(super) fn hashed(script: &str) -> String {
    if script.is_empty() {
        String::new()
    } else {
        hash(script.as_bytes())
    }
}

/// SHA-256 in hexadecimal digits.
pub(super) fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let mut text = String::new();
    for byte in digest.as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
