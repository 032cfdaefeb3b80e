//! Records a run of `ssel wrk` once a second, with the metrics of other runs.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::super::files::check_one;
use super::super::ledger::Ledger;
use super::super::recording::{RecordOptions, Recording, hashed};
use super::super::role::Alone;
use super::super::{Stopper, Verdict};
use super::{WrkJob, WrkResult};
use crate::error::Error;
use crate::metrics::{
    Distribution, MetricId, Recorder, Registry, RunFacts, Summary, Tags, Totals, WrkTally,
};
use crate::output::{Destinations, Terminal};
use crate::record::RunMetadata;
use crate::units::{format_duration, shown_header, shown_url};

/// The interval of frames.
const SECOND: Duration = Duration::from_secs(1);

/// The record during the run, if anything uses it.
pub(super) struct Seconds(Option<RefCell<OpenRecord>>);

struct OpenRecord {
    ledger: Ledger,
    registry: Arc<Registry>,
    recorder: Recorder,
    totals: Totals,
    /// The metric of latencies.
    latency: MetricId,
    connections: u64,
    started: Instant,
    due: Instant,
    /// The counts at the last frame.
    counted: WrkTally,
}

impl Seconds {
    /// Starts the record.
    ///
    /// # Errors
    /// A file that cannot be written or already exists.
    pub(super) fn start(job: &WrkJob, terminal: &Terminal) -> Result<Self, Error> {
        let mut files = Destinations::default();
        let paths = [
            (&job.record.save, "the saved run"),
            (&job.record.report, "the report"),
        ];
        for (path, name) in paths {
            if let Some(path) = path {
                check_one(&mut files, path, name)?;
            }
        }
        let registry = Registry::new(Vec::new());
        let options = RecordOptions {
            command: "wrk",
            ..job.record.clone()
        };
        let run = || run(job);
        let none = Vec::new();
        let recording = Recording::start(&options, &registry, none, terminal, Vec::new(), run)?;
        let metrics = *registry.builtin();
        let now = Instant::now();
        Ok(Self(recording.map(|recording| {
            RefCell::new(OpenRecord {
                ledger: Ledger::new(Some(recording), None, Box::new(Alone)),
                recorder: registry.recorder(),
                registry,
                totals: Totals::new(),
                latency: match job.rate {
                    Some(_) => metrics.http_req_duration_scheduled,
                    None => metrics.http_req_duration,
                },
                connections: job.connections as u64,
                started: now,
                due: now + SECOND,
                counted: WrkTally::default(),
            })
        })))
    }

    /// Adds a frame if a second has passed.
    pub(super) fn look(&self, tally: impl FnOnce() -> WrkTally) {
        let Some(open) = &self.0 else { return };
        let mut open = open.borrow_mut();
        let now = Instant::now();
        if now >= open.due {
            let late = (now - open.due).as_secs();
            open.due += SECOND * u32::try_from(late + 1).unwrap_or(1);
            open.frame(tally());
        }
    }

    /// Ends the record. Returns the error if something could not be written.
    pub(super) fn end(
        self,
        ended: &WrkResult,
        stopper: &Stopper,
        terminal: &Terminal,
    ) -> Option<Error> {
        let load_end = Instant::now();
        let mut open = self.0?.into_inner();
        open.frame(ended.tally.clone());
        let facts = RunFacts {
            duration: ended.runtime,
            vus: open.connections,
            vus_max: open.connections,
            ..RunFacts::default()
        };
        let summary = Summary::new(&open.registry, &open.totals, facts, &[]);
        let verdict = if stopper.is_stopped() {
            Verdict::Stopped
        } else {
            Verdict::Passed
        };
        let OpenRecord {
            mut ledger,
            registry,
            totals,
            ..
        } = open;
        let enough = || stopper.are_outputs_late(load_end);
        let result = (&summary, &verdict);
        let record = ledger.record.take()?;
        let place = (&*registry, ledger.catalog());
        let (_, faults) = record.finish(place, &totals, facts, result, (terminal, &enough));
        faults.into_iter().next()
    }
}

impl OpenRecord {
    /// Records the counts since the last frame as a frame.
    fn frame(&mut self, tally: WrkTally) {
        let metrics = *self.registry.builtin();
        let before = std::mem::replace(&mut self.counted, tally);
        let now = &self.counted;
        let none = Tags::new();
        let requests = now.requests - before.requests;
        let bad = now.errors.status - before.errors.status;
        {
            let series = |metric| self.recorder.series(metric, &none);
            let (reqs, failed) = (series(metrics.http_reqs), series(metrics.http_req_failed));
            let (received, vus) = (series(metrics.data_received), series(metrics.vus));
            let events = series(metrics.sse_event);
            let mut batch = self.recorder.batch();
            batch.add_n(&reqs, 1.0, requests);
            batch.add_n(&failed, 1.0, bad);
            batch.add_n(&failed, 0.0, requests.saturating_sub(bad));
            batch.add(&received, (now.bytes - before.bytes) as f64);
            batch.add(&vus, self.connections as f64);
            batch.add_n(&events, 1.0, now.streams.events - before.streams.events);
        }
        let (streams, old) = (&now.streams, &before.streams);
        self.distribution(self.latency, &now.latency, &before.latency);
        self.distribution(
            metrics.sse_first_event,
            &streams.first_event,
            &old.first_event,
        );
        self.distribution(metrics.sse_event_gap, &streams.gaps, &old.gaps);
        let fail = |kind, count, message| self.recorder.fail_n("http", kind, count, message);
        let (errors, old) = (&now.errors, &before.errors);
        for ((kind, errors), (_, old)) in errors.of_sockets().into_iter().zip(old.of_sockets()) {
            let message = errors.first.as_deref().unwrap_or_default();
            fail(kind, errors.count - old.count, message);
        }
        let late = errors.timeout - old.timeout;
        fail("timeout", late, "the response took longer than --timeout");
        fail("status", bad, "the response has a status of 400 or above");
        let elapsed = self.started.elapsed();
        self.ledger
            .collect(&self.registry, &mut self.totals, elapsed);
    }

    /// Records the new values of a distribution, converted from microseconds to seconds.
    fn distribution(&self, metric: MetricId, now: &Distribution, before: &Distribution) {
        let series = self.recorder.series(metric, &Tags::new());
        let new = now.since(before);
        let mut batch = self.recorder.batch();
        for (micros, count) in new {
            batch.add_n(&series, micros as f64 / 1e6, count);
        }
    }
}

fn run(job: &WrkJob) -> RunMetadata {
    let text = job.source.as_ref().and_then(|source| source.read().ok());
    let script = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    let headers: Vec<String> = job
        .headers
        .iter()
        .map(|(name, value)| shown_header(&format!("{name}: {value}")))
        .collect();
    let url = shown_url(&job.target.url);
    let options = json!({
        "url": url,
        "threads": job.threads,
        "connections": job.connections,
        "duration": job.duration.map(format_duration),
        "requests": job.requests,
        "timeout": format_duration(job.timeout),
        "rate": job.rate,
        "headers": headers,
    });
    RunMetadata {
        name: url,
        script_hash: hashed(&script),
        script,
        options,
        ..RunMetadata::default()
    }
}
