//! Builds the record of a run: one frame per second, for the file, for memory and for subscribers.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::machine;
use super::pushes::{Pushes, Stores};
use super::server_metrics::ServerMetrics;
use super::views::Views;
use super::{Job, Verdict};
use crate::error::Error;
use crate::metrics::{
    Catalog, FailureCount, Keep, Registry, Reservoir, RunFacts, SampledStream, SeriesInfo, Summary,
    ThresholdSummary, Totals,
};
use crate::options::Options;
use crate::output::Terminal;
use crate::record::{Frame, FrameHistory, Record, RunMetadata};
use crate::saved::{RunStart, SavedSecond, Saver};

/// What is recorded of a run besides its summary, and where.
#[derive(Clone, Default)]
pub(crate) struct RecordOptions {
    /// The command in saved runs: `run`, `eval`, `llm` or `wrk`.
    pub command: &'static str,
    /// The name of the run; that of the script if empty.
    pub name: String,
    /// The file to save to.
    pub save: Option<PathBuf>,
    /// The file to save this part of a joined run to.
    pub save_part: Option<PathBuf>,
    /// The file of the report at the end.
    pub report: Option<PathBuf>,
    /// The address of the live page.
    pub live: Option<SocketAddr>,
    /// Whether the record is kept in memory and returned at the end, with older frames combined.
    pub in_memory: bool,
    /// The streams that are recorded individually.
    pub streams: Keep,
    /// Labels of the run.
    pub labels: Vec<(String, String)>,
    /// A description in place of options, for runs without a script.
    pub about: serde_json::Value,
    /// The stores to push to during the run.
    pub pushes: Stores,
    /// The servers whose metrics are recorded too.
    pub server_metrics: ServerMetrics,
    /// Called with each frame.
    pub watchers: Vec<Watcher>,
}

/// The stores with missing data.
#[derive(Default)]
pub(super) struct Unsent {
    /// The missing data of each store.
    pub(super) notes: Vec<String>,
    /// Strict outputs among them, which make the run fail.
    pub(super) faults: Vec<Error>,
}

/// Called with each frame on the deciding thread, so it must be fast. Points refer to series by index.
pub(super) type Watcher = Arc<dyn Fn(&[SeriesInfo], &Frame) + Send + Sync>;

impl RecordOptions {
    /// The options for one of several runs, by its number: `run.ssel` becomes `run-1.ssel`.
    #[cfg(feature = "llm")]
    #[must_use]
    pub(crate) fn numbered(&self, number: u32) -> Self {
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
            pushes: self.pushes.numbered(number),
            ..self.clone()
        }
    }

    /// The options for recording this part of a joined run, if it has a file.
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

    /// Whether anything uses the record.
    fn is_wanted(&self) -> bool {
        self.save.is_some()
            || self.is_kept()
            || !self.watchers.is_empty()
            || !self.pushes.is_empty()
    }

    /// Whether the whole record is needed at the end.
    fn is_kept(&self) -> bool {
        self.in_memory || self.report.is_some() || self.live.is_some()
    }
}

/// New streams of the sample, and the numbers of those removed from it.
pub(super) type StreamChanges = (Vec<SampledStream>, Vec<u64>);

/// A record during the run.
pub(super) struct Recording {
    run: RunMetadata,
    /// The other parts of the run.
    others: Vec<RunMetadata>,
    /// The number of series in the file.
    handed_on: usize,
    /// Changes to the streams since the last frame.
    changes: StreamChanges,
    failures: Vec<(Duration, FailureCount)>,
    timeline: Option<FrameHistory>,
    /// A sample for the pages, if all streams go to the file.
    sample: Option<Reservoir>,
    saver: Option<Saver>,
    watchers: Vec<Watcher>,
    views: Views,
    pushes: Pushes,
}

impl Recording {
    /// Starts the record of a run, if anything uses it. `run` describes it; `others` are the other parts of a joined run.
    ///
    /// # Errors
    /// A file that cannot be written or already exists.
    pub(super) fn start(
        options: &RecordOptions,
        registry: &Registry,
        thresholds: Vec<ThresholdSummary>,
        terminal: &Terminal,
        others: Vec<RunMetadata>,
        run: impl FnOnce() -> RunMetadata,
    ) -> Result<Option<Self>, Error> {
        if !options.is_wanted() {
            return Ok(None);
        }
        let run = RunMetadata {
            command: options.command.to_owned(),
            labels: options.labels.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            machine: machine::machine(),
            ..run()
        };
        let others: Vec<RunMetadata> = others
            .into_iter()
            .map(|other| RunMetadata {
                started: run.started,
                ..other
            })
            .collect();
        let opening = RunStart {
            runs: std::iter::once(&run).chain(&others).cloned().collect(),
            thresholds,
        };
        let saver = options.save.as_deref().map(|path| {
            let terminal = terminal.clone();
            Saver::create(path, &opening, move |error| {
                terminal.warn(&format!("{error}; retrying every second"));
            })
        });
        let saver = saver.transpose();
        let saver = saver.map_err(|error| Error::Output(error.to_string()))?;
        let views = Views::start(options, &run, terminal)?;
        // A joined run pushes the figures of all its parts.
        let part = run.part.filter(|_| others.is_empty());
        let pushed = RunMetadata {
            part,
            ..run.clone()
        };
        let pushes = options.pushes.start(&pushed, registry, terminal)?;
        if saver.is_some() || options.is_kept() {
            let seed = u64::from(run.started.subsec_nanos()) ^ run.started.as_secs();
            let streams = match (options.streams, &saver) {
                // Only a file has room for all streams.
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
            timeline: options.is_kept().then(FrameHistory::default),
            sample: (options.is_kept() && saver.is_some() && options.streams == Keep::All)
                .then(|| Reservoir::new(Keep::Sample)),
            saver,
            watchers: options.watchers.clone(),
            views,
            pushes,
        }))
    }

    /// Whether it is saved to a file.
    pub(super) fn saves(&self) -> bool {
        self.saver.is_some()
    }

    /// Adds the latest frame, whose points refer to the series of `catalog`, and the changes to the kept streams.
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
            saver.second(SavedSecond {
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

    /// Notes changes to the kept streams; they are written with the next frame.
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

    /// Ends the record with the result of the run. Returns it if it is kept in memory, and what could not be written. `enough`
    /// ends the wait for stores.
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
        let run = |run| RunMetadata {
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

/// The description of a run in its record.
pub(super) fn run_of(job: &Job, text: &[u8], options: &Options) -> RunMetadata {
    let script = String::from_utf8_lossy(text).into_owned();
    let name = if job.record.name.is_empty() {
        job.source.name()
    } else {
        job.record.name.clone()
    };
    RunMetadata {
        name,
        started: start_at(job).unwrap_or_default(),
        part: job.placement.as_ref().map(|placement| placement.part),
        run_id: run_id(job),
        script_hash: hashed(&script),
        script,
        options: match &job.record.about {
            serde_json::Value::Null => options.to_json(),
            about => about.clone(),
        },
        seed: Some(options.seed),
        ..RunMetadata::default()
    }
}

/// The scheduled start, since the Unix epoch.
fn start_at(job: &Job) -> Option<Duration> {
    job.start_at?.duration_since(UNIX_EPOCH).ok()
}

/// The identity of a divided run: that of the launcher, or else its scheduled start.
fn run_id(job: &Job) -> String {
    let Some(placement) = &job.placement else {
        return String::new();
    };
    let start = start_at(job);
    let start = start.map(|at| format!("start at {}.{:09}", at.as_secs(), at.subsec_nanos()));
    placement.run.clone().or(start).unwrap_or_default()
}

/// The start of a run, since the Unix epoch: as scheduled, else now.
pub(super) fn started(job: &Job) -> Duration {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH);
    start_at(job).unwrap_or_else(|| now().unwrap_or_default())
}

/// The SHA-256 of the text of a script; empty for an empty text.
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
