//! A part of a run as part 0 check_session it. Pure.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::hello::Hello;
use super::wire::Heartbeat;
use crate::metrics::{Client, SeriesInfo};
use crate::record::{Frame, Point};

/// How the load of a part ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartEnd {
    /// The verdict in a word.
    pub verdict: String,
    /// What there is to say to it.
    pub reason: String,
    /// How long its load took, `setup` included.
    pub duration: Duration,
    /// Iterations that ran to their end.
    pub complete: u64,
    /// Iterations that were cut off.
    pub interrupted: u64,
    /// The most VUs that were at work at once.
    pub vus: u64,
    /// VUs that were made.
    pub vus_max: u64,
    /// Iterations that raised an error.
    pub raised: u64,
    /// Samples that were refused.
    pub rejected: u64,
    /// The part's judgement of itself.
    pub client: Client,
    /// What the reader should know besides.
    pub notes: Vec<String>,
    /// What a benchmark collected beside the metrics.
    pub extra: Option<serde_json::Value>,
}

/// A part as part 0 check_session it. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct PartState {
    /// Session it is.
    pub hello: Arc<Hello>,
    /// Whether all its VUs are made.
    pub is_ready: bool,
    /// When its load really started, in nanoseconds of part 0's clock.
    pub begun: Option<i64>,
    /// How far it is.
    pub beat: Heartbeat,
    /// Until when there are frames of it, since the start of the run.
    pub until: Duration,
    /// Requests, events and failures so far.
    pub tally: PartTally,
    /// How its load ended, if it did.
    pub end: Option<Arc<PartEnd>>,
    /// Whether it is waited for no more.
    pub is_lost: bool,
    /// Whether it has last_seen of the end of the run.
    pub has_left: bool,
}

impl PartState {
    /// How far it is, or was at its end.
    pub fn last_beat(&self) -> Heartbeat {
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
pub struct PartTally {
    /// Iterations.
    pub iterations: f64,
    /// HTTP requests.
    pub requests: f64,
    /// Events of streams.
    pub events: f64,
    /// What failed.
    pub failures: u64,
}

impl PartTally {
    /// Adds what a frame has, whose points are of these series.
    pub fn add(&mut self, series: &[SeriesInfo], frame: &Frame) {
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
