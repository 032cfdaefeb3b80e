//! The verdict on the client: whether the load generator may have distorted the figures.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{MetricKind, MetricSummary, Stat, SummarySection, Unit, builtin};

/// The minimum duration of a load for judging lag, late starts and CPU time; in a shorter one, a busy moment weighs too much.
const JUDGED_FROM: Duration = Duration::from_secs(2);
/// The minimum number of starts for judging their delay; with fewer, the 99th percentile is a single start.
const JUDGED_STARTS: u64 = 100;
/// Maximum lag in seconds. Two or three time slices of other processes on the same core are normal, and hardly change a latency
/// of some tenths of a second.
pub(crate) const LAG_LIMIT: f64 = 0.020;
/// Maximum delay of starts in seconds, well above the 5 ms that a start may wait for a VU.
const LATE_STARTS: f64 = 0.020;
/// Maximum share of a core. Beyond it, new work waits for current work: at 90 %, on average ten times as long as it takes.
const CPU: f64 = 0.90;
/// Maximum share of dropped starts; a smaller one does not change a figure noticeably.
const DROPPED: f64 = 0.01;

/// Facts about the load generator beyond the metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientFacts {
    /// The duration of the load.
    pub load: Duration,
    /// The CPU time that each worker thread used during the load.
    pub cpu: Vec<Duration>,
    /// Starts planned by arrival rates.
    pub planned_starts: u64,
    /// Planned starts dropped for lack of an idle VU.
    pub dropped_starts: u64,
    /// VUs that never yielded their thread and were abandoned.
    pub stuck_vus: u64,
}

/// The verdict on the client and its reasons.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClientAudit {
    /// Whether the figures can be trusted.
    pub verdict: ClientVerdict,
    /// The limits that were exceeded.
    pub limits: Vec<ClientLimit>,
    /// The share of a core that each worker thread used, from 0 to 1.
    pub cpu: Vec<f64>,
}

impl ClientAudit {
    /// Adds the verdict of another client of the run: the run is limited if one client was.
    pub(crate) fn join(&mut self, other: Self) {
        if other.verdict == ClientVerdict::Limited {
            self.verdict = other.verdict;
        }
        for limit in other.limits {
            match self.limits.iter_mut().find(|own| own.cause == limit.cause) {
                Some(own) => own.join(limit),
                None => self.limits.push(limit),
            }
        }
        self.cpu.extend(other.cpu);
    }

    /// Adds the limit that this number of parts of the run were lost.
    pub(crate) fn lose(&mut self, parts: u64, metrics: &[MetricSummary]) {
        let cause = LimitCause::LostParts;
        self.verdict = ClientVerdict::Limited;
        let limit = ClientLimit::new(cause, (parts as f64, 0.0), metrics);
        self.limits.push(limit);
    }

    /// Removes a limit that was not exceeded by this client.
    pub(crate) fn forgive(&mut self, cause: LimitCause) {
        self.limits.retain(|limit| limit.cause != cause);
        if self.limits.is_empty() {
            self.verdict = ClientVerdict::Ok;
        }
    }
}

/// The verdict on a client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientVerdict {
    /// No limit was exceeded.
    #[default]
    Ok,
    /// Some figures may be caused by the client.
    Limited,
}

/// A limit that the client exceeded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClientLimit {
    /// The cause.
    pub cause: LimitCause,
    /// The measured figure; its unit depends on the cause.
    pub value: f64,
    /// The limit for the figure.
    pub at_most: f64,
    /// The metrics that should not be trusted.
    pub distrust: Vec<String>,
    /// The direction of the error of each of these metrics.
    #[serde(default)]
    pub bias: BTreeMap<String, Bias>,
}

/// The direction of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bias {
    /// The figure is too high, or too long.
    TooHigh,
    /// The figure is too low, or too short.
    TooLow,
    /// Either is possible.
    Either,
}

/// Times between two arrivals: too short if the first is read late, too long if the second is.
const BETWEEN_ARRIVALS: [&str; 4] = ["llm_itl", "llm_tpot", "sse_event_gap", "http_req_receiving"];

/// The cause of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitCause {
    /// VUs never yielded their thread and were abandoned; their number.
    StuckVus,
    /// Requests found no file descriptor, local port or memory; their number.
    ClientErrors,
    /// A worker thread was too busy; its share of a core, from 0 to 1.
    Cpu,
    /// Answers were read late; the 99th percentile of `client_lag`, in seconds.
    Lag,
    /// Iterations started late; the 99th percentile of `schedule_delay`, in seconds.
    LateStarts,
    /// Planned starts found no VU; their share, from 0 to 1.
    DroppedStarts,
    /// Parts of a joined run were lost or stopped early; their number.
    LostParts,
}

impl LimitCause {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::StuckVus => "stuck_vus",
            Self::ClientErrors => "client_errors",
            Self::Cpu => "cpu",
            Self::Lag => "lag",
            Self::LateStarts => "late_starts",
            Self::DroppedStarts => "dropped_starts",
            Self::LostParts => "lost_parts",
        }
    }

    /// The direction of the error that it causes in a metric; `None` if it causes none. Latencies from schedule include a
    /// late start, those from send hide it.
    fn bias(self, metric: &MetricSummary) -> Option<Bias> {
        let name = metric.name.as_str();
        let builtin = builtin(name);
        let of_answers = builtin.is_some_and(|metric| {
            matches!(
                metric.section,
                SummarySection::Sse | SummarySection::Http | SummarySection::Llm
            )
        });
        let is_scheduled = builtin.is_some_and(|metric| metric.from_send.is_some());
        let latency = of_answers && metric.unit == Unit::Time;
        let errors = matches!(
            name,
            "http_req_failed" | "sse_errors" | "llm_errors" | "checks"
        );
        let rate =
            name == "iterations" || (of_answers && metric.kind == MetricKind::Counter && !errors);
        let read_late = if BETWEEN_ARRIVALS.contains(&name) {
            Bias::Either
        } else {
            Bias::TooHigh
        };
        match self {
            Self::StuckVus => (latency || rate || errors).then_some(Bias::Either),
            Self::ClientErrors => errors.then_some(Bias::Either),
            Self::Cpu | Self::Lag if latency => Some(read_late),
            Self::LateStarts if latency && is_scheduled => Some(Bias::TooHigh),
            Self::LateStarts => (latency || name == "iterations").then_some(Bias::TooLow),
            Self::Cpu | Self::DroppedStarts | Self::LostParts => rate.then_some(Bias::TooLow),
            Self::Lag => None,
        }
    }
}

impl ClientAudit {
    /// The verdict for these metrics and facts.
    pub fn audit(metrics: &[MetricSummary], facts: &ClientFacts) -> Self {
        let seconds = facts.load.as_secs_f64();
        let share = |cpu: &Duration| {
            if seconds > 0.0 {
                cpu.as_secs_f64() / seconds
            } else {
                0.0
            }
        };
        let cpu: Vec<f64> = facts.cpu.iter().map(share).collect();
        let figure = |name: &str, stat| {
            let metric = metrics.iter().find(|metric| metric.name == name);
            metric.and_then(|metric| metric.stat(stat))
        };
        let p99 = |name| figure(name, Stat::Percentile(99.0)).unwrap_or_default();
        let starts = figure("schedule_delay", Stat::Count).unwrap_or_default();
        let dropped = facts.dropped_starts as f64 / facts.planned_starts.max(1) as f64;

        let long = facts.load >= JUDGED_FROM;
        let many = starts >= JUDGED_STARTS as f64;
        let errors = figure("client_errors", Stat::Count).unwrap_or_default();
        let busiest = cpu.iter().copied().fold(0.0, f64::max);
        let limits = [
            (true, LimitCause::StuckVus, facts.stuck_vus as f64, 0.0),
            (true, LimitCause::ClientErrors, errors, 0.0),
            (long, LimitCause::Cpu, busiest, CPU),
            (long, LimitCause::Lag, p99("client_lag"), LAG_LIMIT),
            (
                long && many,
                LimitCause::LateStarts,
                p99("schedule_delay"),
                LATE_STARTS,
            ),
            (true, LimitCause::DroppedStarts, dropped, DROPPED),
        ];
        let limits: Vec<_> = limits
            .into_iter()
            .filter(|(judged, _, value, at_most)| *judged && value > at_most)
            .map(|(_, cause, value, at_most)| ClientLimit::new(cause, (value, at_most), metrics))
            .collect();
        let verdict = if limits.is_empty() {
            ClientVerdict::Ok
        } else {
            ClientVerdict::Limited
        };
        Self {
            verdict,
            limits,
            cpu,
        }
    }
}

impl ClientLimit {
    fn new(cause: LimitCause, (value, at_most): (f64, f64), metrics: &[MetricSummary]) -> Self {
        let metrics = metrics.iter().filter(|metric| !metric.is_empty());
        let wrong = metrics.filter_map(|metric| Some((metric.name.clone(), cause.bias(metric)?)));
        let wrong: Vec<(String, Bias)> = wrong.collect();
        Self {
            cause,
            value,
            at_most,
            distrust: wrong.iter().map(|(name, _)| name.clone()).collect(),
            bias: wrong.into_iter().collect(),
        }
    }

    /// Adds the same limit of another client: the greater figure is kept, counts are added.
    fn join(&mut self, other: Self) {
        let is_count = matches!(
            self.cause,
            LimitCause::StuckVus | LimitCause::ClientErrors | LimitCause::LostParts
        );
        self.value = if is_count {
            self.value + other.value
        } else {
            self.value.max(other.value)
        };
        for metric in other.distrust {
            if !self.distrust.contains(&metric) {
                self.distrust.push(metric);
            }
        }
        for (metric, bias) in other.bias {
            let own = self.bias.entry(metric).or_insert(bias);
            if *own != bias {
                *own = Bias::Either;
            }
        }
    }
}

#[cfg(test)]
mod tests;
