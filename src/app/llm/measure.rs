//! Runs the script of a benchmark once and returns its result.

use std::cell::{Cell, RefCell};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::super::joined::Join;
use super::super::{Job, RecordOptions, Show, Stopper, Verdict, run};
use super::bench::{Bench, Dataset, Load};
use super::beside::{bystander, lateness};
use super::collect::Collector;
use super::describe::server;
use super::options;
use super::script::script_without_options;
use super::trace::TraceFile;
use super::warmup::of_warmup;
use crate::error::Error;
use crate::llm::{AggregateOptions, BenchResult, Hardware};
use crate::metrics::{
    Client, ClientVerdict, Failure, LimitCause, PartSummary, Stat, Summary, ThresholdSummary,
    Trend, Values,
};
use crate::options::{Layer, Origin};
use crate::output::{Output, Terminal};
use crate::parts::{Part, Placement};
use crate::record::Record;
use crate::report::{Bystander, FailureLine, LlmLive, LlmResult, llm_live};
use crate::runner::Progress;
use crate::scrape::Findings;
use crate::script::Source;
use crate::units::format_duration;

/// How measurements are made, beside what is measured.
pub struct Lab<'a> {
    /// Where they are told of.
    pub terminal: &'a Terminal,
    /// What ends them early.
    pub stopper: &'a Stopper,
    /// Worker threads; one for each core by default.
    pub workers: Option<NonZeroUsize>,
    /// How long requests may go on after a stop, if that is said.
    pub graceful_stop: Option<Duration>,
    /// The percentiles to know.
    pub percentiles: Vec<f64>,
    /// What is recorded of each run, and where to; of several runs, each has files of its own.
    pub record: RecordOptions,
    /// Whether there are to be several runs.
    pub is_series: bool,
    /// How many runs there were.
    pub runs: Cell<u32>,
    /// Which part of the load this process makes, if others make more of it.
    pub placement: Option<Placement>,
    /// When the load begins, if that is said.
    pub start_at: Option<SystemTime>,
    /// How it finds the other parts of the load, if they are joined.
    pub join: Option<Join>,
    /// Where samples go one by one, of the first run.
    pub outputs: RefCell<Vec<Box<dyn Output>>>,
}

/// What a measurement came to.
pub struct Measured {
    /// The figures.
    pub result: BenchResult,
    /// When it began, since the Unix epoch.
    pub(super) started: Duration,
    /// The requests that failed.
    pub(super) failures: Vec<Failure>,
    /// Requests that were sent a second time.
    pub resent: u64,
    /// Requests that the rate wanted and that were not sent.
    pub dropped: u64,
    /// Requests that were cut off.
    pub interrupted: u64,
    /// At a rate: requests per second that were offered to the server, those that were not sent included.
    pub offered: Option<f64>,
    /// The load generator's judgement of itself.
    pub client: Client,
    /// What a bystander saw beside the load.
    pub(super) bystander: Option<Bystander>,
    /// The run was ended since more requests failed than may.
    pub(super) has_too_many_errors: bool,
    /// How late the client read, and how late it sent.
    pub(super) lateness: Vec<Trend>,
    /// The thresholds, and whether they hold.
    pub thresholds: Vec<ThresholdSummary>,
    /// How the run ended.
    pub verdict: Verdict,
    /// What the server says of itself, if it does.
    pub server: Option<Findings>,
    /// The record of the run, if it is kept.
    pub record: Option<Record>,
    /// Which part of the load it is.
    pub(super) part: Part,
    /// The result is on part 0 of a joined run, and this is another part.
    pub is_elsewhere: bool,
    /// The parts of a joined run.
    pub parts: Vec<PartSummary>,
    /// The time between the first and the last start of a part.
    pub start_skew: Option<Duration>,
}

impl Lab<'_> {
    /// What is recorded of the next run.
    fn record(&self, bench: &Bench) -> RecordOptions {
        let number = self.runs.get() + 1;
        self.runs.set(number);
        let record = if self.is_series {
            self.record.numbered(number)
        } else {
            self.record.clone()
        };
        let mut labels = record.labels;
        labels.extend(bench.hardware.iter().flat_map(Hardware::labels));
        if self.is_series {
            labels.push(("load".to_owned(), bench.load.to_string()));
        }
        RecordOptions {
            name: format!("{} at {}", bench.model, server(bench))
                .trim_start()
                .to_owned(),
            labels,
            ..record
        }
    }

    /// The options that are not in the script.
    fn layer(&self) -> Option<Layer> {
        let mut layer = Layer::new();
        let time = format_duration(self.graceful_stop?);
        layer.set(
            "graceful_stop",
            time,
            Origin::Flag("--graceful-stop".into()),
        );
        Some(layer)
    }

    /// Runs the bench.
    ///
    /// # Errors
    /// What kept the load from beginning, a failed warm-up included, and what ended it that is not a result.
    pub fn measure(&self, bench: &Bench) -> Result<Measured, Error> {
        let collector = Collector::new(AggregateOptions {
            goodput: bench.goodput,
            percentiles: self.percentiles.clone(),
            keep_requests: bench.keep_text || bench.keep_requests,
            ..AggregateOptions::default()
        });
        let source = Source::Text {
            name: "ssel llm".to_owned(),
            text: script_without_options(bench),
        };
        let placement = self.placement.as_ref();
        let part = placement.map_or(Part::WHOLE, |placement| placement.part);
        let job = Job {
            workers: self.workers,
            replies: Some(collector.replies(bench.max_errors, self.stopper)),
            show: live(bench, &collector, part),
            layers: std::iter::once(options::layer(bench))
                .chain(self.layer())
                .collect(),
            env: bench.variables().into_iter().collect(),
            record: self.record(bench),
            outputs: self.outputs.take(),
            placement: self.placement.clone(),
            start_at: self.start_at,
            join: self.join.clone(),
            extra: Some(collector.extra()),
            ..Job::new(source)
        };
        if self.stopper.is_stopped() {
            return Err(Error::Stopped);
        }
        let ended = run(job, self.terminal, self.stopper).map_err(of_warmup)?;
        for (part, extra) in ended.extras {
            if !extra.is_some_and(|extra| collector.add(extra)) {
                self.terminal.warn(&format!(
                    "what the replies of part {part} came to is not here: the table is of the other parts"
                ));
            }
        }
        let failures = ended.summary.failures.iter();
        let failures = failures
            .filter(|failure| failure.key.source == "llm")
            .cloned();
        let mut result = collector.finish();
        let interrupted = ended.summary.iterations_interrupted;
        // Those that were cut off were going on at once, whatever came of others before.
        result.max_concurrent_requests = result.max_concurrent_requests.max(interrupted);
        let dropped = count(&ended.summary, "dropped_iterations");
        let made = result.completed + result.failed + interrupted + dropped;
        let planned = bench.planned_time().filter(|_| !self.stopper.is_stopped());
        let offered = collector.sent().and_then(|sent| sent.rate(made, planned));
        let server = Findings::of(&ended.summary);
        let mut measured = Measured {
            started: collector.started(),
            result,
            offered,
            failures: failures.collect(),
            resent: count(&ended.summary, "http_reconnects"),
            dropped,
            interrupted,
            bystander: bystander(&ended.summary, &self.percentiles),
            has_too_many_errors: collector.has_too_many_errors(),
            lateness: lateness(&ended.summary),
            client: ended.summary.client,
            thresholds: ended.summary.thresholds,
            verdict: ended.verdict,
            server,
            record: ended.record,
            // Part 0 of a joined run has the figures of all parts.
            part: if ended.summary.parts.is_empty() {
                part
            } else {
                Part::WHOLE
            },
            is_elsewhere: ended.is_elsewhere,
            parts: ended.summary.parts.clone(),
            start_skew: ended.summary.start_skew,
        };
        if let Dataset::Trace(trace) = &bench.dataset {
            // A session that was not started is more than one request.
            let known = measured.result.completed
                + measured.result.failed
                + measured.result.cancelled
                + interrupted;
            measured.dropped = part_of(trace, bench, measured.part).saturating_sub(known);
        }
        if measured.is_full(bench) {
            measured.client.forgive(LimitCause::DroppedStarts);
        }
        Ok(measured)
    }
}

/// The requests of a trace that this part of the run sends.
fn part_of(trace: &TraceFile, bench: &Bench, part: Part) -> u64 {
    let vus = match bench.load {
        Load::Trace { max_concurrency } => max_concurrency,
        Load::Concurrency(_) | Load::Rate { .. } => 1,
    };
    trace.requests(part, vus)
}

fn live(bench: &Bench, collector: &Collector, part: Part) -> Show {
    let (mut amount, collector) = (bench.amount, collector.clone());
    if let Dataset::Trace(trace) = &bench.dataset {
        amount.requests = Some(part_of(trace, bench, part));
    } else if bench.conversation.is_some() {
        // They are counted, and not their requests.
        amount.requests = None;
    }
    Show::Lines(Arc::new(move |progress: &Progress, columns, palette| {
        let so_far = collector.so_far();
        let busy = progress.scenarios.iter().map(|scenario| scenario.vus_busy);
        let live = LlmLive {
            elapsed: progress.elapsed,
            duration: amount.duration,
            is_stopping: progress.is_stopping(),
            done: so_far.done,
            requests: amount.requests,
            in_flight: busy.sum(),
            failed: so_far.failed,
            ttft: so_far.ttft(),
            tokens: so_far.tokens,
        };
        vec![llm_live(&live, columns, palette)]
    }))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a counter of whole events"
)]
fn count(summary: &Summary, counter: &str) -> u64 {
    match summary.metric(counter).map(|metric| &metric.values) {
        Some(Values::Counter { count, .. }) => *count as u64,
        _ => 0,
    }
}

impl Measured {
    /// How late the client was, in seconds, as a figure of the time: reading and sending together.
    pub(super) fn late(&self, stat: Stat) -> f64 {
        let late = self.lateness.iter().filter_map(|trend| trend.stat(stat));
        late.filter(|late| late.is_finite()).sum()
    }

    /// The result as the report shows it.
    pub fn report<'a>(&'a self, bench: &Bench) -> LlmResult<'a> {
        let percentiles = self.result.e2e.percentiles.iter();
        let percentiles: Vec<f64> = percentiles.map(|(percent, _)| *percent).collect();
        // What is in flight at a rate is up to the server, not to the load.
        let is_level = matches!(bench.load, Load::Concurrency(_));
        LlmResult {
            result: &self.result,
            steady: is_level.then(|| self.result.timeline.steady(&percentiles)),
            hardware: bench.hardware,
            bystander: self.bystander.as_ref(),
            offered: self.offered.zip(bench.load.rate()),
            objectives: bench.goodput.map(|goodput| goodput.to_string()),
            failures: self.failure_lines().collect(),
            repeats: bench.repeats(self.result.completed + self.result.failed),
            resent: self.resent,
            interrupted: self.interrupted,
            dropped: self.dropped,
            is_full: self.is_full(bench),
            is_trace: matches!(bench.dataset, Dataset::Trace(_)),
            server: self.server.as_ref(),
            client: &self.client,
        }
    }

    /// The failures, by kind and status.
    fn failure_lines(&self) -> impl Iterator<Item = FailureLine<'_>> {
        let lines = self.failures.iter();
        lines.map(|failure| FailureLine {
            kind: &failure.key.kind,
            count: failure.count,
            first: &failure.message,
        })
    }

    /// What most of the failures were.
    pub(super) fn main_failure(&self) -> Option<String> {
        let line = self.failure_lines().max_by_key(|line| line.count)?;
        Some(line.words())
    }

    /// The share of the planned requests that were sent. A single one that was not is chance.
    pub(super) fn sent_share(&self) -> f64 {
        let sent = (self.result.completed + self.result.failed + self.interrupted) as f64;
        sent / (sent + self.dropped.saturating_sub(1) as f64).max(1.0)
    }

    /// Requests that were answered with a status that is not a success.
    pub(super) fn refused(&self) -> u64 {
        let failures = self.failures.iter();
        let with_status = failures.filter(|failure| failure.key.status.is_some());
        with_status.map(|failure| failure.count).sum()
    }

    /// Whether the figures may be those of the load generator.
    pub(super) fn is_client_limited(&self) -> bool {
        self.client.verdict == ClientVerdict::Limited
    }

    /// Whether at some moment no further request was allowed.
    pub(super) fn is_full(&self, bench: &Bench) -> bool {
        let most = match bench.load {
            Load::Concurrency(n) => n,
            Load::Rate {
                max_concurrency, ..
            }
            | Load::Trace { max_concurrency } => max_concurrency,
        };
        self.result.max_concurrent_requests >= self.part.share(most)
    }

    /// Whether every request failed for a reason that has nothing to do with the load, so that less of it will not help.
    pub(super) fn is_hopeless(&self) -> bool {
        let is_refusal = |failure: &Failure| match failure.key.status {
            // Too late, too early and too many are answers to a load.
            Some(408 | 425 | 429) => false,
            Some(status) => (400..500).contains(&status),
            None => matches!(&*failure.key.kind, "connect" | "dns" | "tls"),
        };
        self.result.completed == 0
            && !self.failures.is_empty()
            && self.failures.iter().all(is_refusal)
    }

    /// Why the measurement says nothing: no request was answered.
    pub fn failure(&self) -> Option<String> {
        if self.result.completed > 0 || (self.result.cancelled > 0 && self.result.failed == 0) {
            return None;
        }
        Some(match self.main_failure() {
            Some(words) => {
                let failed = self.result.failed;
                format!("not one of {failed} requests succeeded: {words}")
            }
            None if self.interrupted > 0 => format!(
                "no request was answered in time: {} were cut off at the end",
                self.interrupted
            ),
            None => "no request was made".to_owned(),
        })
    }
}
