//! Aggregates the replies of a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::goodput::Goodput;
use super::pool::LatencyPool;
use super::reply::Reply;
use super::throughput::Throughput;
use super::timeline::{RequestTimeline, TimedRequest};
use super::tokens::TokenSource;

mod result;
mod server;
mod turns;

pub use result::BenchResult;
pub(crate) use result::RequestRecord;
pub(crate) use server::ServerResult;
use server::ServerSums;
pub(crate) use turns::TurnResult;
use turns::Turns;

/// The options of an [`Aggregate`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AggregateOptions {
    /// The objectives of goodput. Without them, the result has no goodput.
    pub goodput: Option<Goodput>,
    /// Percentiles from 0 to 100.
    pub percentiles: Vec<f64>,
    /// Keep a record of every request. Memory use then grows with each chunk.
    pub keep_requests: bool,
}

impl Default for AggregateOptions {
    fn default() -> Self {
        Self {
            goodput: None,
            percentiles: vec![50.0, 90.0, 95.0, 99.0],
            keep_requests: false,
        }
    }
}

/// A request without its reply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RequestInfo {
    /// The time at which it was sent, since the start of the run.
    pub start: Duration,
    /// The delay from its planned time until it was sent; `None` without a schedule.
    pub queued: Option<Duration>,
    /// The client's estimate of the prompt tokens, for servers that do not report them.
    pub prompt_tokens: u64,
    /// The server, in runs with several.
    pub server: Option<Arc<str>>,
    /// The number of the question in its conversation, from 1.
    pub turn: Option<u32>,
    /// The number of scored items, for embeddings and ranking.
    pub items: Option<u64>,
}

/// The length of a prompt in tokens.
#[derive(Debug, Clone, Copy)]
struct PromptTokens {
    count: u64,
    /// Whether the client estimated it because the server did not report it.
    is_estimate: bool,
}

impl PromptTokens {
    fn of(request: &RequestInfo, reply: &Reply) -> Self {
        match reply.tokens.prompt.filter(|tokens| *tokens > 0) {
            Some(count) => Self {
                count,
                is_estimate: false,
            },
            None => Self {
                count: request.prompt_tokens,
                is_estimate: true,
            },
        }
    }
}

/// Aggregates the replies of a run.
#[derive(Debug, Clone)]
pub(crate) struct Aggregate {
    settings: AggregateOptions,
    sums: Sums,
    requests: Vec<RequestRecord>,
}

/// The sums of replies. A part of a joined run sends them to part 0; serialized, percentiles become those of a histogram.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Sums {
    completed: u64,
    cancelled: u64,
    cancelled_chunks: u64,
    empty: u64,
    bunched: u64,
    good: u64,
    failures: BTreeMap<String, u64>,
    sources: BTreeMap<TokenSource, u64>,
    input_tokens: u64,
    estimated_input_tokens: u64,
    cached_tokens: u64,
    cache_reports: u64,
    output_tokens: u64,
    ttft: LatencyPool,
    ttfo: LatencyPool,
    tpot: LatencyPool,
    itl: LatencyPool,
    e2e: LatencyPool,
    queued: LatencyPool,
    lateness: LatencyPool,
    ttft_with_queue: LatencyPool,
    e2e_with_queue: LatencyPool,
    turns: Turns,
    items: Option<u64>,
    throughput: Throughput,
    servers: BTreeMap<String, ServerSums>,
    timeline: RequestTimeline,
}

impl Sums {
    /// Adds a successful reply, whose latencies `timed` keeps too.
    fn add_completed(
        &mut self,
        request: &RequestInfo,
        reply: &Reply,
        prompt: PromptTokens,
        timed: &mut TimedRequest,
    ) {
        self.completed += 1;
        self.empty += u64::from(reply.is_empty());
        self.input_tokens += prompt.count;
        if let Some(queued) = request.queued {
            let with_queue = |time: Duration| (time + queued).as_secs_f64();
            if let Some(e2e) = reply.e2e() {
                self.queued.add(queued.as_secs_f64());
                self.e2e_with_queue.add(with_queue(e2e));
            }
            if let Some(ttft) = reply.ttft() {
                self.ttft_with_queue.add(with_queue(ttft));
            }
        }
        if let Some(e2e) = reply.e2e() {
            self.e2e.add(e2e.as_secs_f64());
        }
        if let Some(items) = request.items {
            *self.items.get_or_insert(0) += items;
            return;
        }
        *self.sources.entry(reply.tokens.source).or_default() += 1;
        if prompt.is_estimate {
            self.estimated_input_tokens += prompt.count;
        }
        if let Some(cached) = reply.tokens.cached {
            self.cached_tokens += cached;
            self.cache_reports += 1;
        }
        self.output_tokens += reply.tokens.completion;
        self.throughput.tokens(request.start, reply);
        if let Some(turn) = request.turn {
            self.turns.add(turn, reply, prompt.count);
        }
        if reply.is_bunched() {
            self.bunched += 1;
        } else {
            for gap in &reply.gaps {
                self.itl.add(*gap);
            }
        }
        timed.tokens = u32::try_from(reply.tokens.completion).unwrap_or(u32::MAX);
        timed.e2e = reply.e2e().map(|e2e| e2e.as_secs_f32());
        for (pool, short, latency) in [
            (&mut self.ttft, &mut timed.ttft, reply.ttft()),
            (&mut self.ttfo, &mut timed.ttfo, reply.ttfo()),
            (&mut self.tpot, &mut timed.tpot, reply.tpot()),
        ] {
            if let Some(latency) = latency {
                pool.add(latency.as_secs_f64());
                *short = Some(latency.as_secs_f32());
            }
        }
    }

    /// Adds the sums of another part of the run.
    fn merge(&mut self, other: Self) {
        self.completed += other.completed;
        self.cancelled += other.cancelled;
        self.cancelled_chunks += other.cancelled_chunks;
        self.empty += other.empty;
        self.bunched += other.bunched;
        self.good += other.good;
        for (kind, n) in other.failures {
            *self.failures.entry(kind).or_default() += n;
        }
        for (source, n) in other.sources {
            *self.sources.entry(source).or_default() += n;
        }
        self.input_tokens += other.input_tokens;
        self.estimated_input_tokens += other.estimated_input_tokens;
        self.cached_tokens += other.cached_tokens;
        self.cache_reports += other.cache_reports;
        self.output_tokens += other.output_tokens;
        for (pool, other) in [
            (&mut self.ttft, &other.ttft),
            (&mut self.ttfo, &other.ttfo),
            (&mut self.tpot, &other.tpot),
            (&mut self.itl, &other.itl),
            (&mut self.e2e, &other.e2e),
            (&mut self.queued, &other.queued),
            (&mut self.lateness, &other.lateness),
            (&mut self.ttft_with_queue, &other.ttft_with_queue),
            (&mut self.e2e_with_queue, &other.e2e_with_queue),
        ] {
            pool.merge(other);
        }
        self.turns.merge(other.turns);
        if let Some(items) = other.items {
            *self.items.get_or_insert(0) += items;
        }
        self.throughput.merge(other.throughput);
        for (name, server) in other.servers {
            self.servers.entry(name).or_default().merge(&server);
        }
        self.timeline.merge(other.timeline);
    }
}

impl Aggregate {
    /// An aggregate without replies.
    pub(crate) fn new(settings: AggregateOptions) -> Self {
        Self {
            settings,
            sums: Sums::default(),
            requests: Vec::new(),
        }
    }

    /// Adds a finished request. Latencies and tokens are those of successful replies; a failure is counted by its kind, and
    /// as a request in flight.
    pub(crate) fn add(&mut self, request: &RequestInfo, reply: &Reply) {
        let prompt = PromptTokens::of(request, reply);
        let span = reply.ttft().zip(reply.e2e());
        let sums = &mut self.sums;
        if let Some(queued) = request.queued {
            sums.lateness.add(queued.as_secs_f64());
        }
        if let Some(server) = &request.server {
            match sums.servers.get_mut(&**server) {
                Some(server) => server.add(reply),
                None => sums
                    .servers
                    .entry(server.to_string())
                    .or_default()
                    .add(reply),
            }
        }
        let mut timed = TimedRequest::new(request.start, reply);
        match reply.outcome.failure() {
            Some(_) if reply.outcome.is_cancelled() => {
                sums.cancelled += 1;
                sums.cancelled_chunks += reply.chunks;
            }
            Some(failure) => *sums.failures.entry(failure.kind.to_owned()).or_default() += 1,
            None => {
                let is_good = self.settings.goodput.is_some_and(|g| g.is_met_by(reply));
                sums.good += u64::from(is_good);
                sums.add_completed(request, reply, prompt, &mut timed);
            }
        }
        sums.timeline.add(timed);
        if self.settings.keep_requests {
            let is_ok = reply.outcome.is_ok();
            self.requests.push(RequestRecord {
                start: request.start.as_secs_f64(),
                queued: request.queued.unwrap_or_default().as_secs_f64(),
                prompt_tokens: prompt.count,
                is_prompt_estimated: prompt.is_estimate,
                completion_tokens: if is_ok { reply.tokens.completion } else { 0 },
                ttft: span.map(|(first, _)| first.as_secs_f64()),
                e2e: span.map(|(_, last)| last.as_secs_f64()),
                end: reply.marks.end.as_secs_f64(),
                gaps: reply.gaps.clone(),
                is_bunched: reply.is_bunched(),
                text: reply.text().to_owned(),
                failure: reply.outcome.failure().map(|f| (f.kind, f.message.clone())),
            });
        }
    }

    /// The sums, without single requests.
    pub(crate) fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Adds the sums of another process in the same run.
    pub(crate) fn merge_sums(&mut self, other: Sums) {
        self.sums.merge(other);
    }

    /// The result of a run of this duration.
    pub(crate) fn finish(mut self, duration: Duration) -> BenchResult {
        let seconds = duration.as_secs_f64();
        let per_second = |n: u64| {
            if seconds > 0.0 {
                n as f64 / seconds
            } else {
                0.0
            }
        };
        let percentiles = &self.settings.percentiles;
        let queue = |pool: &LatencyPool| (pool.count() > 0).then(|| pool.statistics(percentiles));
        let sums = self.sums;
        self.requests.sort_by(|a, b| a.start.total_cmp(&b.start));
        BenchResult {
            duration: seconds,
            completed: sums.completed,
            failed: sums.failures.values().sum(),
            cancelled: sums.cancelled,
            cancelled_chunks: sums.cancelled_chunks,
            empty: sums.empty,
            bunched: sums.bunched,
            input_tokens: sums.input_tokens,
            estimated_input_tokens: sums.estimated_input_tokens,
            cached_tokens: sums.cached_tokens,
            cache_reports: sums.cache_reports,
            output_tokens: sums.output_tokens,
            request_throughput: per_second(sums.completed),
            request_goodput: self.settings.goodput.map(|_| per_second(sums.good)),
            output_throughput: per_second(sums.output_tokens),
            total_token_throughput: per_second(sums.input_tokens + sums.output_tokens),
            max_output_tokens_per_second: sums.throughput.peak_tokens_per_second(),
            max_concurrent_requests: sums.timeline.peak_concurrency(),
            ttft: sums.ttft.statistics(percentiles),
            ttfo: sums.ttfo.statistics(percentiles),
            tpot: sums.tpot.statistics(percentiles),
            itl: sums.itl.statistics(percentiles),
            e2e: sums.e2e.statistics(percentiles),
            queued: queue(&sums.queued),
            lateness: (sums.lateness.count() > 0).then(|| sums.lateness.statistics(&[99.0])),
            ttft_with_queue: queue(&sums.ttft_with_queue),
            e2e_with_queue: queue(&sums.e2e_with_queue),
            servers: sums
                .servers
                .into_iter()
                .map(|(name, server)| server.finish(name, percentiles))
                .collect(),
            turns: sums.turns.finish(percentiles),
            items: sums.items,
            failures: sums.failures,
            token_sources: sums.sources,
            timeline: sums.timeline.sorted(),
            requests: self.requests,
        }
    }
}

#[cfg(test)]
pub(in crate::llm) mod tests;
