//! A goal of a search for the highest rate, such as `p99(ttft)<500ms`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::llm::{BenchResult, Latency, Statistics, TimedRequest};
use crate::metrics::Stat;
use crate::statistics::ConfidenceInterval;
use crate::statistics::sections::Estimate;
use crate::units::{format_duration, parse_duration};

/// Upper limits of latencies, all of which must hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Goal(Vec<Limit>);

/// An upper limit of one figure.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Limit {
    figure: Figure,
    latency: Latency,
    below: Duration,
}

/// A figure of statistics.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Figure {
    Percentile(f64),
    Mean,
    Max,
}

/// A measured figure and its limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GoalReading {
    /// The figure, e.g. `p99(ttft)`.
    pub name: String,
    /// Its value in seconds; `None` if it was not measured.
    pub value: Option<f64>,
    /// Its upper limit in seconds.
    pub limit: f64,
    /// The value relative to the limit; infinite without a value.
    pub times: f64,
    /// The lower bound of `times`, without the delay that the client may have added.
    pub least: f64,
    /// The upper bound of `times`, with the delay that the client may have hidden.
    pub most: f64,
    /// Whether even the fastest request was too slow, regardless of the lateness of the client.
    pub is_out_of_reach: bool,
    /// The confidence interval of the natural logarithm of `times`, from sections of the load; `None` if they are too short.
    pub interval: Option<ConfidenceInterval>,
}

impl Goal {
    /// The percentiles that the goal needs.
    pub(crate) fn percentiles(&self) -> Vec<f64> {
        let percentile = |limit: &Limit| match limit.figure {
            Figure::Percentile(p) => Some(p),
            Figure::Mean | Figure::Max => None,
        };
        self.0.iter().filter_map(percentile).collect()
    }

    /// The goal as thresholds of a run: metric and expression.
    pub(super) fn thresholds(&self) -> impl Iterator<Item = (String, String)> {
        self.0.iter().map(|limit| {
            let figure = match limit.figure {
                Figure::Percentile(p) => format!("p({p})"),
                Figure::Mean => "avg".to_owned(),
                Figure::Max => "max".to_owned(),
            };
            let below = format_duration(limit.below);
            (
                format!("llm_{}", limit.latency),
                format!("{figure}<{below}"),
            )
        })
    }

    /// The figures of all limits. `load` is the start and the end of the load in seconds since the start of the run, and `late`
    /// returns statistics of the lateness of the client.
    pub(crate) fn readings(
        &self,
        result: &BenchResult,
        load: (f64, f64),
        late: impl Fn(Stat) -> f64,
    ) -> Vec<GoalReading> {
        let limits = self.0.iter();
        limits
            .map(|limit| limit.reading(result, load, &late))
            .collect()
    }
}

impl GoalReading {
    /// Whether the limit holds, regardless of the lateness of the client.
    pub(crate) fn is_kept(&self) -> bool {
        self.most < 1.0
    }

    /// Whether the limit is exceeded, regardless of the lateness of the client.
    pub(crate) fn is_missed(&self) -> bool {
        self.least >= 1.0
    }
}

impl Limit {
    fn reading(
        self,
        result: &BenchResult,
        load: (f64, f64),
        late: impl Fn(Stat) -> f64,
    ) -> GoalReading {
        let statistics = statistics(self.latency, result);
        let value = (statistics.count > 0)
            .then(|| self.figure.of(statistics))
            .flatten();
        let limit = self.below.as_secs_f64();
        let times = value.map_or(f64::INFINITY, |value| value / limit);
        let bound = |percent, value| self.bound(percent, value, &late).unwrap_or_default() / limit;
        let (of_fastest, of_median) = (bound(0.0, statistics.min), bound(50.0, statistics.median));
        let late = late(self.figure.stat()) / limit;
        // Lateness can only lengthen a latency since the request. A gap between tokens can become longer or shorter.
        let around = |late: f64| (times - late, times + late);
        let mut is_out_of_reach = false;
        let (least, most) = match self.latency {
            Latency::Ttft | Latency::Ttfo | Latency::E2e => {
                is_out_of_reach = of_fastest >= 1.0;
                ((times - late).max(of_fastest).max(of_median), times)
            }
            Latency::Itl => around(late),
            Latency::Tpot => {
                let gaps = result.output_tokens as f64 / result.completed.max(1) as f64 - 1.0;
                around(late / gaps.max(1.0))
            }
        };
        GoalReading {
            name: format!("{}({})", self.figure, self.latency),
            value,
            limit,
            times,
            least,
            most,
            is_out_of_reach,
            interval: self.interval(result, load, times),
        }
    }

    /// The lower bound of a figure without the lateness of the client, from the requests up to this percentile, which took
    /// `value`; in seconds.
    ///
    /// If a share `q` of the requests was answered within a limit, and the lateness of a share `s` did not exceed a value, then a
    /// share of at least `q + s - 1` was measured within the sum of both. On a busy machine the maximum lateness is far above the
    /// median, so this bound is tighter for a maximum than the maximum lateness.
    fn bound(self, percent: f64, value: f64, late: impl Fn(Stat) -> f64) -> Option<f64> {
        let q = match self.figure {
            Figure::Percentile(percent) => percent,
            Figure::Max => 100.0,
            Figure::Mean => return None,
        };
        let s = 100.0 + percent - q;
        (s <= 100.0).then(|| value - late(Stat::Percentile(s)))
    }

    /// The confidence interval from sections of the load; `None` for gaps between tokens, which are not kept per request.
    fn interval(
        self,
        result: &BenchResult,
        load: (f64, f64),
        times: f64,
    ) -> Option<ConfidenceInterval> {
        let latency = |request: &TimedRequest| match self.latency {
            Latency::Ttft => request.ttft,
            Latency::Ttfo => request.ttfo,
            Latency::Tpot => request.tpot,
            Latency::E2e => request.e2e,
            Latency::Itl => None,
        };
        let percentiles = match self.figure {
            Figure::Percentile(p) => vec![p],
            Figure::Mean | Figure::Max => Vec::new(),
        };
        let sections = result.timeline.sections(load, latency, &percentiles)?;
        let limit = self.below.as_secs_f64();
        let times_of = |statistics: &Statistics| self.figure.of(statistics).map(|v| v / limit);
        let sections: Option<Vec<f64>> = sections.iter().map(times_of).collect();
        Estimate::log(times, &sections?)?.interval()
    }
}

impl Figure {
    /// The corresponding statistic.
    fn stat(self) -> Stat {
        match self {
            Self::Percentile(p) => Stat::Percentile(p),
            Self::Mean => Stat::Avg,
            Self::Max => Stat::Max,
        }
    }

    fn of(self, statistics: &Statistics) -> Option<f64> {
        match self {
            Self::Mean => Some(statistics.mean),
            Self::Max => Some(statistics.max),
            Self::Percentile(p) => statistics
                .percentiles
                .iter()
                .find(|(known, _)| (known - p).abs() < f64::EPSILON)
                .map(|(_, value)| *value),
        }
    }
}

/// The statistics of a latency.
fn statistics(latency: Latency, result: &BenchResult) -> &Statistics {
    match latency {
        Latency::Ttft => &result.ttft,
        Latency::Ttfo => &result.ttfo,
        Latency::Tpot => &result.tpot,
        Latency::Itl => &result.itl,
        Latency::E2e => &result.e2e,
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percentile(p) => write!(f, "p{p}"),
            Self::Mean => f.write_str("mean"),
            Self::Max => f.write_str("max"),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, limit) in self.0.iter().enumerate() {
            let and = if n > 0 { " and " } else { "" };
            let below = format_duration(limit.below);
            write!(f, "{and}{}({})<{below}", limit.figure, limit.latency)?;
        }
        Ok(())
    }
}

impl FromStr for Goal {
    type Err = String;

    /// Parses goals such as `p99(ttft)<500ms`, also `p(99)(ttft)`, `mean(tpot)<50ms` and several with `and` or commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let joined = text.replace(" and ", ",").replace("&&", ",");
        let limits: Result<Vec<Limit>, String> = joined
            .split(',')
            .map(|part| {
                part.chars()
                    .filter(|c| !c.is_whitespace())
                    .collect::<String>()
            })
            .map(|part| limit(&part))
            .collect();
        Ok(Self(limits?))
    }
}

fn limit(text: &str) -> Result<Limit, String> {
    let malformed = || {
        format!(
            "{text:?} is not a goal: write a figure, its latency and a limit, such as p99(ttft)<500ms"
        )
    };
    let (left, right) = text
        .split_once("<=")
        .or_else(|| text.split_once('<'))
        .ok_or_else(malformed)?;
    let (figure, latency) = left
        .strip_suffix(')')
        .and_then(|left| left.rsplit_once('('))
        .ok_or_else(malformed)?;
    let figure = match figure {
        "mean" | "avg" => Figure::Mean,
        "max" => Figure::Max,
        "median" | "med" => Figure::Percentile(50.0),
        _ => {
            let percent = figure.strip_prefix('p').ok_or_else(malformed)?;
            let bare = percent
                .strip_prefix('(')
                .and_then(|percent| percent.strip_suffix(')'))
                .unwrap_or(percent);
            let percent = bare
                .parse::<f64>()
                .ok()
                .filter(|p| (0.0..=100.0).contains(p));
            Figure::Percentile(percent.ok_or_else(malformed)?)
        }
    };
    let latency = Latency::of_name(latency).ok_or_else(|| {
        format!("{latency:?} is not a latency of a goal: use ttft, ttfo, tpot, itl or e2e")
    })?;
    let below = parse_duration(right).map_err(|error| format!("{left}: {error}"))?;
    if below.is_zero() {
        return Err(format!(
            "{left}: nothing is below {right:?}: write a limit such as 500ms"
        ));
    }
    Ok(Limit {
        figure,
        latency,
        below,
    })
}

#[cfg(test)]
mod tests;
