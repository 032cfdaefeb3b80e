//! The verdict on the client: the rules by which a summary trusts its own figures.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Kind, MetricSummary, Section, Stat, Unit, builtin};

/// Shorter loads are not judged by lag, late starts and processor time: one busy moment would be a large part of them.
const JUDGED_FROM: Duration = Duration::from_secs(2);
/// Fewer starts are not judged by how late they came: the 99th percentile would be a single one.
const JUDGED_STARTS: u64 = 100;
/// Two or three turns of other processes on the same core; a latency of some tenths of a second is hardly changed.
pub const LAG_LIMIT: f64 = 0.020;
/// The same for starts, and well above the 5 ms that a start may wait for a VU.
const LATE_STARTS: f64 = 0.020;
/// From there on, work that arrives has to wait for work at hand: at 90 % of a core ten times as long as it takes.
const CPU: f64 = 0.90;
/// Fewer dropped starts do not change a figure that is worth reading.
const DROPPED: f64 = 0.01;

/// What a run knows about the program that made the load, besides its metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientFacts {
    /// How long the load ran.
    pub load: Duration,
    /// The processor time that each worker thread used in that time.
    pub cpu: Vec<Duration>,
    /// Starts that arrival rates planned.
    pub planned_starts: u64,
    /// How many of these found no VU.
    pub dropped_starts: u64,
    /// VUs that kept their thread to themselves and were left behind with it.
    pub stuck_vus: u64,
}

/// The load generator's judgement of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Client {
    /// Whether the figures are those of the server.
    pub verdict: ClientVerdict,
    /// What limited the client; empty if nothing did.
    pub limits: Vec<ClientLimit>,
    /// The share of a core that each worker thread used, from 0 to 1.
    pub cpu: Vec<f64>,
}

impl Client {
    /// The judgement of all clients of a run: limited where one was.
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

    /// Adds that so many parts of the run were lost.
    pub(crate) fn lose(&mut self, parts: u64, metrics: &[MetricSummary]) {
        let cause = LimitCause::LostParts;
        self.verdict = ClientVerdict::Limited;
        let limit = ClientLimit::new(cause, (parts as f64, 0.0), metrics);
        self.limits.push(limit);
    }

    /// Leaves a cause out that was somebody else's.
    pub(crate) fn forgive(&mut self, cause: LimitCause) {
        self.limits.retain(|limit| limit.cause != cause);
        if self.limits.is_empty() {
            self.verdict = ClientVerdict::Ok;
        }
    }
}

/// The verdict in a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientVerdict {
    /// Nothing was found that would have changed the figures.
    #[default]
    Ok,
    /// Some figures may be those of the client.
    Limited,
}

/// One thing that limited the client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClientLimit {
    /// What it was.
    pub cause: LimitCause,
    /// The measured figure, as its cause says.
    pub value: f64,
    /// What the figure may be at most.
    pub at_most: f64,
    /// The metrics with samples that are not to be trusted.
    pub distrust: Vec<String>,
    /// Which way the figures of each of them are wrong.
    #[serde(default)]
    pub bias: BTreeMap<String, Bias>,
}

/// Which way a figure is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bias {
    /// It is higher, or longer, than it should be.
    TooHigh,
    /// It is lower, or shorter, than it should be.
    TooLow,
    /// It may be either.
    Either,
}

/// Times from one arrival to another: the first one read late makes them too short, the second one too long.
const BETWEEN_ARRIVALS: [&str; 4] = ["llm_itl", "llm_tpot", "sse_event_gap", "http_req_receiving"];

/// What can limit a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitCause {
    /// VUs kept their thread to themselves and were left behind; how many.
    StuckVus,
    /// Requests found no file descriptor, local port or memory; how many.
    ClientErrors,
    /// A worker thread was busy all the time; its share of a core, from 0 to 1.
    Cpu,
    /// What arrived was read late; the 99th percentile of `client_lag`, in seconds.
    Lag,
    /// Iterations started late; the 99th percentile of `schedule_delay`, in seconds.
    LateStarts,
    /// Planned starts found no VU; their share, from 0 to 1.
    DroppedStarts,
    /// Parts of a joined run were lost or stopped before its end; how many.
    LostParts,
}

impl LimitCause {
    /// Its word in JSON.
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

    /// Which way it makes a metric wrong; `None` if it does not. Latencies from schedule contain a late start, those from
    /// send hide it.
    fn bias(self, metric: &MetricSummary) -> Option<Bias> {
        let name = metric.name.as_str();
        let builtin = builtin(name);
        let of_answers = builtin.is_some_and(|metric| {
            matches!(metric.section, Section::Sse | Section::Http | Section::Llm)
        });
        let is_scheduled = builtin.is_some_and(|metric| metric.from_send.is_some());
        let latency = of_answers && metric.unit == Unit::Time;
        let errors = matches!(
            name,
            "http_req_failed" | "sse_errors" | "llm_errors" | "checks"
        );
        let rate = name == "iterations" || (of_answers && metric.kind == Kind::Counter && !errors);
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

impl Client {
    /// Judges by the metrics of a run and by what it knows besides.
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
            let metric = metric.filter(|metric| !metric.empty);
            metric.and_then(|metric| metric.values.stat(stat))
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
        let metrics = metrics.iter().filter(|metric| !metric.empty);
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

    /// The same limit of another client: the greater figure counts, and counts add up.
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
