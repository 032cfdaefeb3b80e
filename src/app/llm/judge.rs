//! Judges a probe: whether it kept the goal, and if not, why.

use std::fmt;

use super::bench::Bench;
use super::goal::{Goal, GoalReading};
use super::measure::Measured;
use super::search::Probe;
use crate::metrics::{LimitCause, Stat};
use crate::report::seconds;
use crate::statistics::ConfidenceInterval;
use crate::units::counted;

/// Above this share of failed requests, a rate is too high regardless of latencies.
const MOST_FAILURES: f64 = 0.01;
/// If the queue grows by more than this share of the requests, the server cannot keep up.
const GROWS: f64 = 0.05;
/// The minimum share of the rate that a probe must send to be valid.
const LEAST_SENT: f64 = 0.95;

/// The judgement of a probe.
pub(super) struct ProbeJudgement {
    pub(super) probe: Probe,
    /// The figure closest to its limit, or the reason for a failure.
    pub(super) words: String,
    /// The figure that is closest to its limit or furthest beyond; `None` if figures do not matter.
    pub(super) reading: Option<GoalReading>,
    /// The queue during the load.
    pub(super) queue: Option<QueueGrowth>,
}

/// The growth of the queue during a load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct QueueGrowth {
    /// The growth of requests in flight per second.
    pub(super) growth: ConfidenceInterval,
    /// The requests per second that are answered.
    pub(super) answered: f64,
    /// Whether more requests arrive than are answered.
    pub(super) grows: bool,
}

impl fmt::Display for ProbeJudgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.probe {
            probe if probe.is_kept() => "kept",
            Probe::Measured { .. } | Probe::Failed | Probe::OutOfReach => "missed",
            Probe::Unclear(_) => "unclear",
        };
        write!(f, "{verdict}: {}", self.words)
    }
}

impl ProbeJudgement {
    /// The maximum requests per second that the server answers, if known.
    pub(super) fn capacity(&self) -> Option<f64> {
        self.queue
            .filter(|queue| queue.grows)
            .map(|queue| queue.answered)
    }
}

/// Judges a probe. Effects of the client do not count against the server.
pub(super) fn judge(goal: &Goal, bench: &Bench, measured: &Measured) -> ProbeJudgement {
    let load = load(bench, measured);
    let queue = queue(bench, measured, load);
    let with = |probe, words| ProbeJudgement {
        probe,
        words,
        reading: None,
        queue,
    };
    let late = |stat| measured.late(stat);
    // Error responses come from the server, regardless of the load on this machine.
    if let Some(words) = refused(bench, measured) {
        return with(Probe::Failed, words);
    }
    let is_limited = |causes: &[LimitCause]| {
        let mut limits = measured.client.limits.iter();
        limits.any(|limit| causes.contains(&limit.cause))
    };
    let p99 = late(Stat::Percentile(99.0));
    let unclear = |words| {
        with(
            Probe::Unclear(p99),
            format!("ssel is the limit here, not the server: {words}"),
        )
    };
    if is_limited(&[LimitCause::StuckVus, LimitCause::ClientErrors]) {
        return unclear(causes(measured));
    }
    if let Some(words) = unanswered(measured) {
        return with(Probe::Failed, words);
    }
    let mut readings = goal.readings(&measured.result, load, late);
    readings.sort_by(|a, b| b.times.total_cmp(&a.times));
    if let Some(reading) = readings.iter().find(|reading| reading.is_out_of_reach) {
        return ProbeJudgement {
            reading: Some(reading.clone()),
            ..with(
                Probe::OutOfReach,
                format!(
                    "{}, and even the fastest request is too slow",
                    figure(reading)
                ),
            )
        };
    }
    let asked = bench.load.rate().unwrap_or_default();
    let sent = measured.offered.unwrap_or(asked) * measured.sent_share();
    if sent < LEAST_SENT * asked {
        return unclear(format!("it sent {sent:.2} requests/s of {asked}/s"));
    }
    let worst = readings.iter().find(|reading| reading.is_missed());
    if let Some(queue) = queue.filter(|queue| queue.grows && worst.is_none()) {
        if is_limited(&[LimitCause::Cpu]) {
            return unclear(causes(measured));
        }
        return with(Probe::Failed, queue.to_string());
    }
    let unsure = readings.iter().find(|reading| !reading.is_kept());
    let reading = worst.or(unsure).or(readings.first());
    let Some(reading) = reading.cloned() else {
        return with(Probe::Failed, "the goal has no limit".to_owned());
    };
    let words = figure(&reading);
    if worst.is_none() && unsure.is_some() {
        let late = seconds(p99);
        return unclear(format!(
            "it was {late} late (p99), and {words} is no further than that from its limit"
        ));
    }
    let is_sure = reading
        .interval
        .is_some_and(|interval| interval.excludes(0.0));
    ProbeJudgement {
        probe: Probe::Measured {
            margin: reading.times.ln(),
            is_sure,
        },
        reading: Some(reading),
        ..with(Probe::Failed, words)
    }
}

/// The time from the first request to the end of the schedule, in seconds since the start of the run.
fn load(bench: &Bench, measured: &Measured) -> (f64, f64) {
    let (first, last) = measured.result.timeline.span().unwrap_or_default();
    let planned = bench.planned_time();
    (
        first,
        planned.map_or(last, |time| first + time.as_secs_f64()),
    )
}

/// The queue from the first answers to the last request; `None` if that is too short.
fn queue(bench: &Bench, measured: &Measured, (first, until): (f64, f64)) -> Option<QueueGrowth> {
    let from = first + measured.result.e2e.median.max(0.1 * (until - first));
    if until - from < 0.5 * (until - first) {
        return None;
    }
    let timeline = &measured.result.timeline;
    let growth = timeline.growth(from, until)?;
    Some(QueueGrowth {
        growth,
        answered: timeline.finish_rate(from, until)?,
        grows: growth.low > GROWS * bench.load.rate()?,
    })
}

impl fmt::Display for QueueGrowth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            growth, answered, ..
        } = self;
        write!(
            f,
            "the queue grows by {:.1} requests each second: the server answers {answered:.1}/s",
            growth.value
        )
    }
}

/// Requests that the server rejected, or that the limit of concurrent requests dropped.
fn refused(bench: &Bench, measured: &Measured) -> Option<String> {
    let (dropped, result) = (measured.dropped, &measured.result);
    if dropped > 0 && measured.is_full(bench) {
        return Some(format!(
            "{} could not be sent: --max-concurrency was reached",
            counted(dropped, "request")
        ));
    }
    let made = (result.completed + result.failed) as f64;
    (measured.refused() as f64 / made > MOST_FAILURES).then(|| failed_words(measured))
}

/// Requests that failed or were not answered.
fn unanswered(measured: &Measured) -> Option<String> {
    let result = &measured.result;
    let made = (result.completed + result.failed) as f64;
    measured.failure().or_else(|| {
        if result.failed as f64 / made > MOST_FAILURES {
            return Some(failed_words(measured));
        }
        let cut = measured.interrupted;
        (cut > 0).then(|| {
            format!(
                "{} had no answer in time: --graceful-stop gives more time",
                counted(cut, "request")
            )
        })
    })
}

fn failed_words(measured: &Measured) -> String {
    let failed = counted(measured.result.failed, "request");
    let words = measured.main_failure().unwrap_or_default();
    format!("{failed} failed: {words}")
}

fn causes(measured: &Measured) -> String {
    let limits = measured.client.limits.iter();
    let causes: Vec<&str> = limits.map(|limit| limit.cause.name()).collect();
    format!("limited by {}", causes.join(", "))
}

pub(super) fn figure(reading: &GoalReading) -> String {
    match reading.value {
        Some(value) => format!("{} {}", reading.name, seconds(value)),
        None => format!("{} was never measured", reading.name),
    }
}

#[cfg(test)]
pub(super) mod tests;
