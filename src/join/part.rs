//! A part of a run as part 0 sees it. Pure.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::hello::Hello;
use super::wire::Heartbeat;
use crate::metrics::{ClientAudit, SeriesInfo};
use crate::record::{Frame, Point, VerdictKind};

/// How the load of a part ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartEnd {
    /// The verdict on it.
    pub verdict: VerdictKind,
    /// The reason for the verdict.
    pub reason: String,
    /// How long its load took, `setup` included.
    pub duration: Duration,
    /// Completed iterations.
    pub complete: u64,
    /// Interrupted iterations.
    pub interrupted: u64,
    /// The largest number of VUs active at the same time.
    pub vus: u64,
    /// VUs that were created.
    pub vus_max: u64,
    /// Iterations that raised an error.
    pub raised: u64,
    /// Samples that were rejected.
    pub rejected: u64,
    /// The verdict of the part on itself as a client.
    pub client: ClientAudit,
    /// Further notes for the reader.
    pub notes: Vec<String>,
    /// Data that a benchmark collected beside the metrics.
    pub extra: Option<serde_json::Value>,
}

/// A part as part 0 sees it. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartState {
    /// Its first message.
    pub hello: Arc<Hello>,
    /// Whether all its VUs exist.
    pub is_ready: bool,
    /// When its load actually started, in nanoseconds of part 0's clock.
    pub begun: Option<i64>,
    /// Its progress.
    pub beat: Heartbeat,
    /// The end of its latest frame, since the start of the run.
    pub until: Duration,
    /// Requests, events and failures so far.
    pub tally: PartTally,
    /// How its load ended, if it did.
    pub end: Option<Arc<PartEnd>>,
    /// Whether it is lost, so that nothing waits for it.
    pub is_lost: bool,
    /// Whether it has signed off after the end of the run.
    pub has_left: bool,
}

impl PartState {
    /// Its current progress, or the final one.
    pub(crate) fn last_beat(&self) -> Heartbeat {
        match &self.end {
            Some(end) => Heartbeat {
                complete: end.complete,
                interrupted: end.interrupted,
                made: end.vus_max,
                vus: 0,
                busy: 0,
                ..self.beat
            },
            None => self.beat,
        }
    }
}

/// A few figures of a part.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct PartTally {
    /// Iterations.
    pub iterations: f64,
    /// HTTP requests.
    pub requests: f64,
    /// Events of streams.
    pub events: f64,
    /// Failures.
    pub failures: u64,
}

impl PartTally {
    /// Adds the figures of a frame, whose points belong to these series.
    pub(crate) fn add(&mut self, series: &[SeriesInfo], frame: &Frame) {
        for (at, point) in frame.points() {
            let (Some(info), Point::Counter(counter)) = (series.get(at), point) else {
                continue;
            };
            if !info.tags.is_empty() {
                continue;
            }
            match info.metric.as_str() {
                "iterations" => self.iterations += counter.count,
                "http_reqs" => self.requests += counter.count,
                "sse_event" => self.events += counter.count,
                _ => {}
            }
        }
        self.failures += frame.failures.iter().map(|f| f.count).sum::<u64>();
    }
}
