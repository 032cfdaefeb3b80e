//! Runs the script of a benchmark once and returns its result.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use super::super::{Job, RecordOptions, Show, Stopper, Verdict, run};
use super::bench::{Bench, Dataset, Load};
use super::collect::Collector;
use super::describe::server;
use super::figures::{lateness, probe_figures};
use super::options;
use super::script::{SCRIPT_NAME, script_without_options};
use super::warmup::of_warmup;
use crate::chat::FAILURE_SOURCE;
use crate::error::Error;
use crate::http::ErrorKind;
use crate::llm::{AggregateOptions, BenchResult, Hardware};
use crate::metrics::{
    ClientAudit, ClientVerdict, FailureCount, LimitCause, MetricSummary, PartSummary, Stat,
    Summary, ThresholdSummary, Trend,
};
use crate::options::{Layer, OptionOrigin, Source};
use crate::output::Terminal;
use crate::parts::Part;
use crate::record::Record;
use crate::report::{FailureLine, LlmLive, LlmResult, ProbeFigures, llm_live};
use crate::runner::RunSnapshot;
use crate::scrape::Findings;
use crate::units::format_duration;

/// Performs measurements.
pub(crate) struct BenchRunner<'a> {
    /// The terminal for messages and results.
    pub terminal: &'a Terminal,
    /// The stopper that ends measurements early.
    pub stopper: &'a Stopper,
    /// How long requests may continue after a stop, if set.
    pub graceful_stop: Option<Duration>,
    /// The percentiles to compute.
    pub percentiles: Vec<f64>,
    /// The job of each run: threads, record, part and outputs. Each of several runs has its own files; the outputs are for
    /// the first run.
    pub job: RefCell<Job>,
    /// Whether there are several runs.
    pub is_series: bool,
    /// The number of runs so far.
    pub runs: Cell<u32>,
}

/// The result of a measurement.
pub(crate) struct Measured {
    /// The figures.
    pub result: BenchResult,
    /// Its start, since the Unix epoch.
    pub(super) started: Duration,
    /// The failed requests.
    pub(super) failures: Vec<FailureCount>,
    /// Requests that were resent.
    pub resent: u64,
    /// Scheduled requests that were not sent.
    pub dropped: u64,
    /// Requests that were interrupted at the end.
    pub interrupted: u64,
    /// At a rate: requests per second offered to the server, including those that were not sent.
    pub offered: Option<f64>,
    /// The verdict on the client.
    pub client: ClientAudit,
    /// The figures of probe requests.
    pub(super) probe: Option<ProbeFigures>,
    /// Whether the run ended because too many requests failed.
    pub(super) has_too_many_errors: bool,
    /// The delays of the client in reading and in sending.
    pub(super) lateness: Vec<Trend>,
    /// The thresholds and their verdicts.
    pub thresholds: Vec<ThresholdSummary>,
    /// The verdict on the run.
    pub verdict: Verdict,
    /// Findings from the metrics of the server.
    pub server: Option<Findings>,
    /// The record of the run, if it is kept.
    pub record: Option<Record>,
    /// The part of the load.
    pub(super) part: Part,
    /// Whether this is a part of a joined run other than part 0, which has the result.
    pub is_elsewhere: bool,
    /// The parts of a joined run.
    pub parts: Vec<PartSummary>,
    /// The time between the first and the last start of the parts.
    pub start_skew: Option<Duration>,
}

impl BenchRunner<'_> {
    /// The record options of the next run.
    fn record(&self, bench: &Bench) -> RecordOptions {
        let number = self.runs.get() + 1;
        self.runs.set(number);
        let record = &self.job.borrow().record;
        let record = if self.is_series {
            record.numbered(number)
        } else {
            record.clone()
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

    /// Options in addition to those of the benchmark.
    fn layer(&self) -> Option<Layer> {
        let mut layer = Layer::new();
        let time = format_duration(self.graceful_stop?);
        layer.set(
            "graceful_stop",
            time,
            OptionOrigin::Flag("--graceful-stop".into()),
        );
        Some(layer)
    }

    /// Runs the benchmark.
    ///
    /// # Errors
    /// Why the load could not start, including a failed warm-up, or ended without a result.
    pub(crate) fn measure(&self, bench: &Bench) -> Result<Measured, Error> {
        let collector = Collector::new(AggregateOptions {
            goodput: bench.goodput,
            percentiles: self.percentiles.clone(),
            keep_requests: bench.keep_text || bench.keep_requests,
        });
        let source = Source::Text {
            name: SCRIPT_NAME.to_owned(),
            text: script_without_options(bench),
        };
        let record = self.record(bench);
        let part = self.job.borrow().part();
        let job = Job {
            replies: Some(collector.replies(bench.max_errors, self.stopper)),
            show: live(bench, &collector, part),
            layers: std::iter::once(options::layer(bench))
                .chain(self.layer())
                .collect(),
            env: bench.variables().into_iter().collect(),
            record,
            extra: Some(collector.extra()),
            ..self.job.borrow_mut().next(source)
        };
        if self.stopper.is_stopped() {
            return Err(Error::Stopped);
        }
        let ended = run(job, self.terminal, self.stopper).map_err(of_warmup)?;
        for (part, extra) in ended.extras {
            if !extra.is_some_and(|extra| collector.add(extra)) {
                self.terminal.warn(&format!(
                    "the replies of part {part} are missing: the table covers the other parts"
                ));
            }
        }
        let failures = ended.summary.failures.iter();
        let failures = failures
            .filter(|failure| failure.key.source == FAILURE_SOURCE)
            .cloned();
        let collected = collector.lock();
        let mut result = collected.finish();
        let interrupted = ended.summary.iterations_interrupted;
        // All interrupted requests were in flight concurrently.
        result.max_concurrent_requests = result.max_concurrent_requests.max(interrupted);
        let dropped = count(&ended.summary, "dropped_iterations");
        let made = result.completed + result.failed + interrupted + dropped;
        let planned = bench.planned_time().filter(|_| !self.stopper.is_stopped());
        let offered = collected.sent.and_then(|sent| sent.rate(made, planned));
        let server = Findings::of(&ended.summary);
        let mut measured = Measured {
            started: collected.started.unwrap_or_default(),
            result,
            offered,
            failures: failures.collect(),
            resent: count(&ended.summary, "http_reconnects"),
            dropped,
            interrupted,
            probe: probe_figures(&ended.summary, &self.percentiles),
            has_too_many_errors: collected.has_too_many_errors,
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
            // A session that was not started counts as all its requests.
            let known = measured.result.completed
                + measured.result.failed
                + measured.result.cancelled
                + interrupted;
            measured.dropped = trace
                .requests(measured.part, bench.load.concurrency())
                .saturating_sub(known);
        }
        if measured.is_full(bench) {
            measured.client.forgive(LimitCause::DroppedStarts);
        }
        Ok(measured)
    }
}

fn live(bench: &Bench, collector: &Collector, part: Part) -> Show {
    let (mut amount, collector) = (bench.amount, collector.clone());
    if let Dataset::Trace(trace) = &bench.dataset {
        amount.requests = Some(trace.requests(part, bench.load.concurrency()));
    } else if bench.conversation.is_some() {
        // The limit counts conversations.
        amount.requests = None;
    }
    Show::Lines(Arc::new(move |progress: &RunSnapshot, columns, palette| {
        let so_far = collector.lock().so_far;
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
    let count = summary.metric(counter).and_then(MetricSummary::count);
    count.unwrap_or_default() as u64
}

impl Measured {
    /// A statistic of the lateness of the client in seconds: reading and sending together.
    pub(super) fn late(&self, stat: Stat) -> f64 {
        let late = self.lateness.iter().filter_map(|trend| trend.stat(stat));
        late.filter(|late| late.is_finite()).sum()
    }

    /// The result in the form of the report.
    pub(crate) fn report<'a>(&'a self, bench: &Bench) -> LlmResult<'a> {
        let percentiles = self.result.e2e.percentiles.iter();
        let percentiles: Vec<f64> = percentiles.map(|(percent, _)| *percent).collect();
        // At a rate, the server determines the concurrency.
        let is_level = matches!(bench.load, Load::Concurrency(_));
        LlmResult {
            result: &self.result,
            steady: is_level.then(|| self.result.timeline.steady(&percentiles)),
            hardware: bench.hardware,
            probe: self.probe.as_ref(),
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

    /// The most frequent failure.
    pub(super) fn main_failure(&self) -> Option<String> {
        let line = self.failure_lines().max_by_key(|line| line.count)?;
        Some(line.words())
    }

    /// The share of the planned requests that were sent. A single missing one does not count.
    pub(super) fn sent_share(&self) -> f64 {
        let sent = (self.result.completed + self.result.failed + self.interrupted) as f64;
        sent / (sent + self.dropped.saturating_sub(1) as f64).max(1.0)
    }

    /// The number of requests with an error status.
    pub(super) fn refused(&self) -> u64 {
        let failures = self.failures.iter();
        let with_status = failures.filter(|failure| failure.key.status.is_some());
        with_status.map(|failure| failure.count).sum()
    }

    /// Whether the client may have limited the figures.
    pub(super) fn is_client_limited(&self) -> bool {
        self.client.verdict == ClientVerdict::Limited
    }

    /// Whether the limit of concurrent requests was reached.
    pub(super) fn is_full(&self, bench: &Bench) -> bool {
        self.result.max_concurrent_requests >= self.part.share(bench.load.concurrency())
    }

    /// Whether all requests failed for reasons that do not depend on the load.
    pub(super) fn is_hopeless(&self) -> bool {
        let is_refusal = |failure: &FailureCount| match failure.key.status {
            // These statuses may be caused by the load.
            Some(408 | 425 | 429) => false,
            Some(status) => (400..500).contains(&status),
            None => [ErrorKind::Connect, ErrorKind::Dns, ErrorKind::Tls]
                .iter()
                .any(|kind| failure.key.kind == kind.as_str()),
        };
        self.result.completed == 0
            && !self.failures.is_empty()
            && self.failures.iter().all(is_refusal)
    }

    /// Why the measurement has no result: no request succeeded.
    pub(crate) fn failure(&self) -> Option<String> {
        if self.result.completed > 0 || (self.result.cancelled > 0 && self.result.failed == 0) {
            return None;
        }
        Some(match self.main_failure() {
            Some(words) => {
                let failed = self.result.failed;
                format!("none of {failed} requests succeeded: {words}")
            }
            None if self.interrupted > 0 => format!(
                "no request was answered in time: {} were interrupted at the end",
                self.interrupted
            ),
            None => "no request was sent".to_owned(),
        })
    }
}
