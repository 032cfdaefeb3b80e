//! A run over time: its requests, their concurrency, and its steady part.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::pool::{LatencyPool, Statistics};
use super::reply::Reply;
use crate::statistics::ConfidenceInterval;
use crate::statistics::sections::SECTIONS;

/// A request with its result. Times are in seconds since the start of the run, latencies in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TimedRequest {
    /// When it was sent.
    pub start: f64,
    /// When its reply ended.
    pub end: f64,
    /// Whether it succeeded; only then it has latencies and tokens.
    pub is_ok: bool,
    /// Completion tokens.
    pub tokens: u32,
    /// Time to first token.
    pub ttft: Option<f32>,
    /// Time to first output.
    pub ttfo: Option<f32>,
    /// Time per output token.
    pub tpot: Option<f32>,
    /// End-to-end latency.
    pub e2e: Option<f32>,
}

impl TimedRequest {
    /// A request that was sent at `start`. The caller adds the latencies of a successful one.
    pub(super) fn new(start: Duration, reply: &Reply) -> Self {
        Self {
            start: start.as_secs_f64(),
            end: start.saturating_add(reply.marks.end).as_secs_f64(),
            is_ok: reply.outcome.is_ok(),
            ..Self::default()
        }
    }
}

/// All requests of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(into = "Vec<Row>", from = "Vec<Row>")]
pub struct RequestTimeline(Vec<TimedRequest>);

/// The serialized form of a [`TimedRequest`], without names because there may be millions.
type Row = (f64, f64, bool, u32, [Option<f32>; 4]);

/// The minimum share of the peak concurrency at which a load counts as steady.
const STEADY: f64 = 0.9;
/// The minimum length of a steady time, in seconds and as a share of the run.
const SHORTEST: f64 = 2.0;
const LEAST_SHARE: f64 = 0.1;

/// The time in which a load was steady, and its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Steady {
    /// The beginning, in seconds since the start of the run.
    pub from: f64,
    /// The end, in seconds since the start of the run.
    pub until: f64,
    /// Successful requests that ended in this time.
    pub completed: u64,
    /// Successful requests per second.
    pub request_throughput: f64,
    /// Completion tokens per second.
    pub output_throughput: f64,
    /// Time to first token, of requests that began in this time.
    pub ttft: Statistics,
    /// Time per output token.
    pub tpot: Statistics,
    /// End-to-end latency.
    pub e2e: Statistics,
}

impl From<RequestTimeline> for Vec<Row> {
    fn from(timeline: RequestTimeline) -> Self {
        let row = |t: &TimedRequest| {
            let times = [t.ttft, t.ttfo, t.tpot, t.e2e];
            (t.start, t.end, t.is_ok, t.tokens, times)
        };
        timeline.0.iter().map(row).collect()
    }
}

impl From<Vec<Row>> for RequestTimeline {
    fn from(rows: Vec<Row>) -> Self {
        let timed = |(start, end, is_ok, tokens, times): Row| {
            let [ttft, ttfo, tpot, e2e] = times;
            TimedRequest {
                start,
                end,
                is_ok,
                tokens,
                ttft,
                ttfo,
                tpot,
                e2e,
            }
        };
        Self(rows.into_iter().map(timed).collect())
    }
}

impl RequestTimeline {
    pub(super) fn add(&mut self, request: TimedRequest) {
        self.0.push(request);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The same requests in the order in which they were sent.
    pub(super) fn sorted(mut self) -> Self {
        self.0.sort_by(|a, b| a.start.total_cmp(&b.start));
        self
    }

    /// The requests, in the order in which they were sent.
    pub fn requests(&self) -> &[TimedRequest] {
        &self.0
    }

    /// The start of the first request and the end of the last.
    pub fn span(&self) -> Option<(f64, f64)> {
        let first = self.0.iter().map(|request| request.start);
        let last = self.0.iter().map(|request| request.end);
        Some((first.reduce(f64::min)?, last.reduce(f64::max)?))
    }

    /// The times at which the concurrency changes, in order, each with the new number. Of a request that ends at the same time
    /// as another starts, the end comes first.
    fn changes(&self) -> Vec<(f64, u64)> {
        let starts = self.0.iter().map(|request| (request.start, 1_i8));
        let ends = self.0.iter().map(|request| (request.end, -1_i8));
        let mut changes: Vec<(f64, i8)> = starts.chain(ends).collect();
        changes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut in_flight = 0_u64;
        let count = |(at, change): (f64, i8)| {
            in_flight = in_flight.saturating_add_signed(change.into());
            (at, in_flight)
        };
        changes.into_iter().map(count).collect()
    }

    /// The maximum number of concurrent requests.
    pub fn peak_concurrency(&self) -> u64 {
        let changes = self.changes().into_iter();
        changes.map(|(_, count)| count).max().unwrap_or(0)
    }

    /// The growth of the concurrency between two times, in requests per second, with its interval: the slope of a line through
    /// the means of equal sections. `None` if the times are equal.
    pub fn growth(&self, from: f64, until: f64) -> Option<ConfidenceInterval> {
        let length = (until - from) / SECTIONS as f64;
        if length <= 0.0 || length.is_nan() {
            return None;
        }
        let mean = |n: usize| {
            let from = from + length * n as f64;
            let inside = self.0.iter().map(|request| {
                let overlap = request.end.min(from + length) - request.start.max(from);
                overlap.max(0.0)
            });
            inside.sum::<f64>() / length
        };
        let points: Vec<(f64, f64)> = (0..SECTIONS)
            .map(|n| ((n as f64 + 0.5) * length, mean(n)))
            .collect();
        crate::statistics::slope(&points)
    }

    /// The number of requests per second that ended between two times: the slope of their number over time, which does not
    /// depend on the position of the first and the last. `None` with fewer than three.
    pub fn finish_rate(&self, from: f64, until: f64) -> Option<f64> {
        let mut ends: Vec<f64> = self.0.iter().map(|request| request.end).collect();
        ends.retain(|end| (from..until).contains(end));
        ends.sort_unstable_by(f64::total_cmp);
        let points: Vec<(f64, f64)> = (0_u32..)
            .zip(ends)
            .map(|(n, end)| (end, f64::from(n)))
            .collect();
        crate::statistics::slope(&points).map(|slope| slope.value)
    }

    /// Statistics of a latency for each of the equal sections between two times, of successful requests by their start. `None`
    /// if a section has no request.
    pub fn sections(
        &self,
        (from, until): (f64, f64),
        latency: impl Fn(&TimedRequest) -> Option<f32>,
        percentiles: &[f64],
    ) -> Option<Vec<Statistics>> {
        let mut pools = vec![LatencyPool::default(); SECTIONS];
        let length = (until - from) / SECTIONS as f64;
        for request in self.0.iter().filter(|request| request.is_ok) {
            let place = ((request.start - from) / length).floor();
            let Some(latency) = latency(request).filter(|_| place >= 0.0) else {
                continue;
            };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "not negative, and a cast from a float saturates"
            )]
            let place = (place as usize).min(SECTIONS - 1);
            pools[place].add(latency.into());
        }
        let is_complete = pools.iter().all(|pool| pool.count() > 0);
        let statistics = pools.iter().map(|pool| pool.statistics(percentiles));
        is_complete.then(|| statistics.collect())
    }

    /// The time from the first to the last moment with at least nine tenths of the peak concurrency, with its figures. `None` if
    /// it is short, or if the concurrency was lower for more than a tenth of it.
    pub fn steady(&self, percentiles: &[f64]) -> Option<Steady> {
        let changes = self.changes();
        let most = changes.iter().map(|(_, count)| *count).max()?;
        let enough = (most as f64 * STEADY).ceil();
        let is_enough = |count: u64| count as f64 >= enough;
        let from = changes.iter().find(|(_, count)| is_enough(*count))?.0;
        let pairs = changes.windows(2).filter(|pair| is_enough(pair[0].1));
        let mut until = from;
        let mut steady = 0.0;
        for pair in pairs {
            until = pair[1].0;
            steady += pair[1].0 - pair[0].0;
        }
        let (first, last) = self.span()?;
        let length = until - from;
        if length < SHORTEST.max(LEAST_SHARE * (last - first)) || steady < STEADY * length {
            return None;
        }
        let [mut ttft, mut tpot, mut e2e] = [(); 3].map(|()| LatencyPool::default());
        let (mut completed, mut tokens) = (0_u64, 0_u64);
        for request in self.0.iter().filter(|request| request.is_ok) {
            if (from..until).contains(&request.end) {
                completed += 1;
                tokens += u64::from(request.tokens);
            }
            if !(from..until).contains(&request.start) {
                continue;
            }
            for (pool, value) in [
                (&mut ttft, request.ttft),
                (&mut tpot, request.tpot),
                (&mut e2e, request.e2e),
            ] {
                if let Some(value) = value {
                    pool.add(value.into());
                }
            }
        }
        Some(Steady {
            from,
            until,
            completed,
            request_throughput: completed as f64 / length,
            output_throughput: tokens as f64 / length,
            ttft: ttft.statistics(percentiles),
            tpot: tpot.statistics(percentiles),
            e2e: e2e.statistics(percentiles),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(spans: impl IntoIterator<Item = (f64, f64)>) -> RequestTimeline {
        let timed = |(start, end): (f64, f64)| TimedRequest {
            start,
            end,
            is_ok: true,
            tokens: 10,
            ttft: Some(0.5),
            e2e: Some(1.0),
            ..TimedRequest::default()
        };
        RequestTimeline(spans.into_iter().map(timed).collect())
    }

    /// A server with four slots of 200 ms each, and requests at this even rate for ten seconds.
    fn four_slots(rate: f64) -> RequestTimeline {
        let mut free = [0.0_f64; 4];
        let starts = (0..).map(|n| f64::from(n) / rate);
        let spans = starts.take_while(|start| *start < 10.0).map(|start| {
            free.sort_unstable_by(f64::total_cmp);
            free[0] = free[0].max(start) + 0.2;
            (start, free[0])
        });
        timeline(spans.collect::<Vec<_>>())
    }

    #[test]
    fn a_queue_that_grows_has_its_slope_and_the_server_its_rate() {
        let growth = four_slots(24.0).growth(0.5, 10.0).unwrap();
        assert!(
            (growth.value - 4.0).abs() < 0.2 && growth.low > 3.0,
            "{growth:?}"
        );
        let rate = four_slots(24.0).finish_rate(0.5, 10.0).unwrap();
        assert!((rate - 20.0).abs() < 0.2, "{rate}");
        let growth = four_slots(18.0).growth(0.5, 10.0).unwrap();
        assert!(growth.value.abs() < 0.1, "{growth:?}");
    }

    #[test]
    fn a_load_is_steady_between_its_ramps() {
        // Ten users that start one second apart, send requests of one second each, and leave one by one.
        let users = (0_u32..10).map(f64::from);
        let spans = users.flat_map(|user| {
            (0_u32..30).map(move |n| (user + f64::from(n), user + f64::from(n) + 1.0))
        });
        let timeline = timeline(spans);
        assert_eq!(timeline.peak_concurrency(), 10);
        let steady = timeline.steady(&[90.0]).unwrap();
        assert_eq!((steady.from, steady.until), (8.0, 31.0));
        assert!((steady.request_throughput - 9.8).abs() < 0.2, "{steady:?}");
        assert!((steady.output_throughput - 98.0).abs() < 2.0);
        assert!((steady.ttft.median - 0.5).abs() < 1e-6);
    }

    #[test]
    fn a_load_that_is_never_steady_has_no_steady_time() {
        assert_eq!(RequestTimeline::default().steady(&[]), None);
        // A short run with a gap in the middle.
        assert_eq!(timeline([(0.0, 1.0)]).steady(&[]), None);
        assert_eq!(timeline([(0.0, 1.0), (9.0, 10.0)]).steady(&[]), None);
    }

    #[test]
    fn requests_belong_to_the_section_of_their_start() {
        let timeline = four_slots(10.0);
        let sections = timeline.sections((0.0, 10.0), |request| request.ttft, &[]);
        let counts: Vec<u64> = sections.unwrap().iter().map(|s| s.count).collect();
        assert_eq!(counts, [20; SECTIONS]);
        let none = timeline.sections((0.0, 100.0), |request| request.ttft, &[]);
        assert_eq!(none, None, "a section without requests");
    }
}
