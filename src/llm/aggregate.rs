//! Aggregates the replies of a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::goodput::Goodput;
use super::outcome::kind;
use super::pool::LatencyPool;
use super::reply::Reply;
use super::throughput::Throughput;
use super::timeline::{RequestTimeline, TimedRequest};
use super::tokens::TokenSource;

mod definition;
mod result;
mod server;
mod turns;

pub(crate) use definition::Definition;
pub use result::BenchResult;
pub(crate) use result::RequestRecord;
pub(crate) use server::ServerResult;
use server::ServerSums;
pub(crate) use turns::TurnResult;
use turns::Turns;

/// The options of an [`Aggregate`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AggregateOptions {
    /// Which moments latencies are measured between.
    pub definition: Definition,
    /// Objectives; without any, the result has no goodput.
    pub goodput: Option<Goodput>,
    /// Percentiles from 0 to 100.
    pub percentiles: Vec<f64>,
    /// Keep a record of every request. Memory then grows with each chunk.
    pub keep_requests: bool,
}

impl Default for AggregateOptions {
    fn default() -> Self {
        Self {
            definition: Definition::default(),
            goodput: None,
            percentiles: vec![50.0, 90.0, 95.0, 99.0],
            keep_requests: false,
        }
    }
}

/// A request, without its reply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RequestInfo {
    /// When it was sent, counted from the start of the run.
    pub start: Duration,
    /// The delay from its planned time until it was sent; `None` without a schedule.
    pub queued: Option<Duration>,
    /// The length of its prompt in tokens as the client estimates it, for servers that do not report it.
    pub prompt_tokens: u64,
    /// The server that it was sent to, in runs with several.
    pub server: Option<Arc<str>>,
    /// The number of the question in its conversation, from 1.
    pub turn: Option<u32>,
    /// The number of items it scores, for embeddings and ranking.
    pub items: Option<u64>,
}

/// The length of a prompt.
#[derive(Debug, Clone, Copy)]
struct PromptTokens {
    count: u64,
    /// The server does not say, so it is what the client thinks.
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

/// Sums up the replies of a run, or of a worker's part of it.
#[derive(Debug, Clone)]
pub(crate) struct Aggregate {
    settings: AggregateOptions,
    sums: Sums,
    requests: Vec<RequestRecord>,
}

/// What replies sum up to. Serialised, it is what a part of a joined run sends to part 0. Only the percentiles lose by that:
/// they become those of a histogram.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Sums {
    completed: u64,
    cancelled: u64,
    cancelled_chunks: u64,
    empty: u64,
    bunched: u64,
    good: u64,
    #[serde(deserialize_with = "known_failures")]
    failures: BTreeMap<&'static str, u64>,
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

/// Failures by kind. Those of the transport, of which there are many, count as `other`.
fn known_failures<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<&'static str, u64>, D::Error> {
    let mut failures = BTreeMap::new();
    for (word, n) in BTreeMap::<String, u64>::deserialize(deserializer)? {
        let known = kind::ALL.into_iter().find(|kind| *kind == word);
        *failures.entry(known.unwrap_or("other")).or_default() += n;
    }
    Ok(failures)
}

impl Aggregate {
    /// For a run that has not begun.
    pub(crate) fn new(settings: AggregateOptions) -> Self {
        Self {
            settings,
            sums: Sums::default(),
            requests: Vec::new(),
        }
    }

    /// Adds a request that is over. Latencies and tokens are those of replies that went well; a failure is counted by its
    /// kind, and as a request in flight.
    pub(crate) fn add(&mut self, request: &RequestInfo, reply: &Reply) {
        let prompt = PromptTokens::of(request, reply);
        let span = self.settings.definition.span(&reply.marks);
        if let Some(queued) = request.queued {
            self.sums.lateness.add(queued.as_secs_f64());
        }
        if let Some(server) = &request.server {
            match self.sums.servers.get_mut(&**server) {
                Some(server) => server.add(reply),
                None => self
                    .sums
                    .servers
                    .entry(server.to_string())
                    .or_default()
                    .add(reply),
            }
        }
        let mut timed = TimedRequest::new(request.start, reply);
        match reply.outcome.failure() {
            Some(_) if reply.outcome.is_cancelled() => {
                self.sums.cancelled += 1;
                self.sums.cancelled_chunks += reply.chunks;
            }
            Some(failure) => *self.sums.failures.entry(failure.kind).or_default() += 1,
            None => self.add_completed(request, reply, prompt, span, &mut timed),
        }
        self.sums.timeline.add(timed);
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

    fn add_completed(
        &mut self,
        request: &RequestInfo,
        reply: &Reply,
        prompt: PromptTokens,
        span: Option<(Duration, Duration)>,
        timed: &mut TimedRequest,
    ) {
        self.sums.completed += 1;
        self.sums.empty += u64::from(reply.is_empty());
        self.sums.good += u64::from(self.settings.goodput.is_some_and(|g| g.is_met_by(reply)));
        if let Some(items) = request.items {
            *self.sums.items.get_or_insert(0) += items;
            self.sums.input_tokens += prompt.count;
            let e2e = reply.e2e().unwrap_or_default();
            self.sums.e2e.add(e2e.as_secs_f64());
            if let Some(queued) = request.queued {
                self.sums.queued.add(queued.as_secs_f64());
                self.sums.e2e_with_queue.add((e2e + queued).as_secs_f64());
            }
            return;
        }
        *self.sums.sources.entry(reply.tokens.source).or_default() += 1;
        self.sums.input_tokens += prompt.count;
        if prompt.is_estimate {
            self.sums.estimated_input_tokens += prompt.count;
        }
        if let Some(cached) = reply.tokens.cached {
            self.sums.cached_tokens += cached;
            self.sums.cache_reports += 1;
        }
        self.sums.output_tokens += reply.tokens.completion;
        self.sums.throughput.tokens(request.start, reply);
        if let Some(turn) = request.turn {
            self.sums.turns.add(turn, reply, prompt.count);
        }
        let is_bunched = reply.is_bunched();
        self.sums.bunched += u64::from(is_bunched);
        if !is_bunched {
            for gap in &reply.gaps {
                self.sums.itl.add(*gap);
            }
        }
        timed.tokens = u32::try_from(reply.tokens.completion).unwrap_or(u32::MAX);
        if let Some(ttfo) = reply.ttfo() {
            self.sums.ttfo.add(ttfo.as_secs_f64());
            timed.ttfo = Some(ttfo.as_secs_f32());
        }
        let Some((first, last)) = span else {
            return;
        };
        self.sums.ttft.add(first.as_secs_f64());
        self.sums.e2e.add(last.as_secs_f64());
        timed.ttft = Some(first.as_secs_f32());
        timed.e2e = Some(last.as_secs_f32());
        if let Some(queued) = request.queued {
            self.sums.queued.add(queued.as_secs_f64());
            self.sums
                .ttft_with_queue
                .add((first + queued).as_secs_f64());
            self.sums.e2e_with_queue.add((last + queued).as_secs_f64());
        }
        let tpot = match self.settings.definition {
            Definition::Content => reply.tpot().map(|tpot| tpot.as_secs_f64()),
            Definition::Choices => {
                let gaps = reply.tokens.completion.saturating_sub(1);
                let span = last.saturating_sub(first).as_secs_f64();
                (gaps > 0 && !is_bunched).then(|| span / gaps as f64)
            }
        };
        if let Some(tpot) = tpot {
            self.sums.tpot.add(tpot);
            #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough")]
            let short = tpot as f32;
            timed.tpot = Some(short);
        }
    }

    /// What it has summed up, without single requests.
    pub(crate) fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Adds what another process summed up in the same run.
    pub(crate) fn merge_sums(&mut self, other: Sums) {
        let sums = &mut self.sums;
        sums.completed += other.completed;
        sums.cancelled += other.cancelled;
        sums.cancelled_chunks += other.cancelled_chunks;
        sums.empty += other.empty;
        sums.bunched += other.bunched;
        sums.good += other.good;
        for (kind, n) in other.failures {
            *sums.failures.entry(kind).or_default() += n;
        }
        for (source, n) in other.sources {
            *sums.sources.entry(source).or_default() += n;
        }
        sums.input_tokens += other.input_tokens;
        sums.estimated_input_tokens += other.estimated_input_tokens;
        sums.cached_tokens += other.cached_tokens;
        sums.cache_reports += other.cache_reports;
        sums.output_tokens += other.output_tokens;
        sums.ttft.merge(&other.ttft);
        sums.ttfo.merge(&other.ttfo);
        sums.tpot.merge(&other.tpot);
        sums.itl.merge(&other.itl);
        sums.e2e.merge(&other.e2e);
        sums.queued.merge(&other.queued);
        sums.lateness.merge(&other.lateness);
        sums.ttft_with_queue.merge(&other.ttft_with_queue);
        sums.e2e_with_queue.merge(&other.e2e_with_queue);
        sums.turns.merge(other.turns);
        if let Some(items) = other.items {
            *sums.items.get_or_insert(0) += items;
        }
        sums.throughput.merge(other.throughput);
        for (name, server) in other.servers {
            sums.servers.entry(name).or_default().merge(&server);
        }
        sums.timeline.merge(other.timeline);
    }

    /// The result of a run that took so long.
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
            definition: self.settings.definition,
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
