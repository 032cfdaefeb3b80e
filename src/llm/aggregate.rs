//! Aggregates the replies of a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::course::{Course, Timed};
use super::goodput::Goodput;
use super::marks::Marks;
use super::pool::Pool;
use super::reply::Reply;
use super::throughput::Throughput;
use super::tokens::TokenSource;

mod result;
mod server;
mod share;
mod turns;

pub use result::BenchResult;
pub(crate) use result::RequestRecord;
use server::Server;
pub(crate) use server::ServerResult;
pub(crate) use share::Share;
pub(crate) use turns::TurnResult;
use turns::Turns;

/// Which moments a latency is measured between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Definition {
    /// Chunks with content that is not empty count: the definitions of [`Reply`].
    #[default]
    Content,
    /// Chunks with a place for content count, as in `vllm bench serve`: the chunk that names the role is the first token, the
    /// chunk with the finish reason the last. For numbers that can be compared with those of that tool.
    Choices,
}

impl Definition {
    /// First and last moment.
    fn span(self, marks: &Marks) -> Option<(Duration, Duration)> {
        let (first, last) = match self {
            Self::Content => (marks.first_fragment, marks.last_fragment),
            Self::Choices => (marks.first_chunk, marks.last_chunk),
        };
        first.zip(last)
    }
}

/// What is summed up.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Which moments latencies are measured between.
    pub definition: Definition,
    /// Objectives; without any, nothing is said about goodput.
    pub goodput: Option<Goodput>,
    /// Percentiles from 0 to 100.
    pub percentiles: Vec<f64>,
    /// Keep a record of every request. Memory then grows with each chunk.
    pub keep_requests: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            definition: Definition::default(),
            goodput: None,
            percentiles: vec![50.0, 90.0, 95.0, 99.0],
            keep_requests: false,
        }
    }
}

/// What is known of a request beside its reply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// When it was sent, since the start of the run.
    pub start: Duration,
    /// How long it had to wait for its turn, from when the schedule wanted it until it was sent; `None` where there
    /// is not a schedule to be late for.
    pub queued: Option<Duration>,
    /// The length of its prompt in tokens as far as the client knows, for servers that do not say.
    pub prompt_tokens: u64,
    /// The server that it was sent to, for those who ask several.
    pub server: Option<Arc<str>>,
    /// Which question of its conversation it is, from 1; `None` where it is not told.
    pub turn: Option<u32>,
    /// Items that it scores, where it asks for no words.
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
    fn of(request: &Request, reply: &Reply) -> Self {
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
pub struct Aggregate {
    settings: Settings,
    completed: u64,
    cancelled: u64,
    cancelled_chunks: u64,
    empty: u64,
    bunched: u64,
    good: u64,
    failures: BTreeMap<&'static str, u64>,
    sources: BTreeMap<TokenSource, u64>,
    input_tokens: u64,
    estimated_input_tokens: u64,
    cached_tokens: u64,
    cache_reports: u64,
    output_tokens: u64,
    ttft: Pool,
    ttfo: Pool,
    tpot: Pool,
    itl: Pool,
    e2e: Pool,
    queued: Pool,
    lateness: Pool,
    ttft_with_queue: Pool,
    e2e_with_queue: Pool,
    turns: Turns,
    items: Option<u64>,
    throughput: Throughput,
    servers: BTreeMap<Arc<str>, Server>,
    course: Course,
    requests: Vec<RequestRecord>,
}

impl Aggregate {
    /// For a run that has not begun.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            completed: 0,
            cancelled: 0,
            cancelled_chunks: 0,
            empty: 0,
            bunched: 0,
            good: 0,
            failures: BTreeMap::new(),
            sources: BTreeMap::new(),
            input_tokens: 0,
            estimated_input_tokens: 0,
            cached_tokens: 0,
            cache_reports: 0,
            output_tokens: 0,
            ttft: Pool::default(),
            ttfo: Pool::default(),
            tpot: Pool::default(),
            itl: Pool::default(),
            e2e: Pool::default(),
            queued: Pool::default(),
            lateness: Pool::default(),
            ttft_with_queue: Pool::default(),
            e2e_with_queue: Pool::default(),
            turns: Turns::default(),
            items: None,
            throughput: Throughput::default(),
            servers: BTreeMap::new(),
            course: Course::default(),
            requests: Vec::new(),
        }
    }

    /// Adds a request that is over. Latencies and tokens are those of replies that went well; a failure is counted by its
    /// kind, and as a request in flight.
    pub fn add(&mut self, request: &Request, reply: &Reply) {
        let prompt = PromptTokens::of(request, reply);
        let span = self.settings.definition.span(&reply.marks);
        if let Some(queued) = request.queued {
            self.lateness.add(queued.as_secs_f64());
        }
        if let Some(server) = &request.server {
            let server = self.servers.entry(Arc::clone(server)).or_default();
            server.add(reply);
        }
        let mut timed = Timed::new(request.start, reply);
        match reply.outcome.failure() {
            Some(_) if reply.outcome.is_cancelled() => {
                self.cancelled += 1;
                self.cancelled_chunks += reply.chunks;
            }
            Some(failure) => *self.failures.entry(failure.kind).or_default() += 1,
            None => self.add_completed(request, reply, prompt, span, &mut timed),
        }
        self.course.add(timed);
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
        request: &Request,
        reply: &Reply,
        prompt: PromptTokens,
        span: Option<(Duration, Duration)>,
        timed: &mut Timed,
    ) {
        self.completed += 1;
        self.empty += u64::from(reply.is_empty());
        self.good += u64::from(self.settings.goodput.is_some_and(|g| g.is_met_by(reply)));
        if let Some(items) = request.items {
            *self.items.get_or_insert(0) += items;
            self.input_tokens += prompt.count;
            let e2e = reply.e2e().unwrap_or_default();
            self.e2e.add(e2e.as_secs_f64());
            if let Some(queued) = request.queued {
                self.queued.add(queued.as_secs_f64());
                self.e2e_with_queue.add((e2e + queued).as_secs_f64());
            }
            return;
        }
        *self.sources.entry(reply.tokens.source).or_default() += 1;
        self.input_tokens += prompt.count;
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
        let is_bunched = reply.is_bunched();
        self.bunched += u64::from(is_bunched);
        if !is_bunched {
            for gap in &reply.gaps {
                self.itl.add(*gap);
            }
        }
        timed.tokens = u32::try_from(reply.tokens.completion).unwrap_or(u32::MAX);
        if let Some(ttfo) = reply.ttfo() {
            self.ttfo.add(ttfo.as_secs_f64());
            timed.ttfo = Some(ttfo.as_secs_f32());
        }
        let Some((first, last)) = span else {
            return;
        };
        self.ttft.add(first.as_secs_f64());
        self.e2e.add(last.as_secs_f64());
        timed.ttft = Some(first.as_secs_f32());
        timed.e2e = Some(last.as_secs_f32());
        if let Some(queued) = request.queued {
            self.queued.add(queued.as_secs_f64());
            self.ttft_with_queue.add((first + queued).as_secs_f64());
            self.e2e_with_queue.add((last + queued).as_secs_f64());
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
            self.tpot.add(tpot);
            #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough")]
            let short = tpot as f32;
            timed.tpot = Some(short);
        }
    }

    /// Adds what another worker summed up in the same run.
    pub fn merge(&mut self, other: Self) {
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
        self.ttft.merge(&other.ttft);
        self.ttfo.merge(&other.ttfo);
        self.tpot.merge(&other.tpot);
        self.itl.merge(&other.itl);
        self.e2e.merge(&other.e2e);
        self.queued.merge(&other.queued);
        self.lateness.merge(&other.lateness);
        self.ttft_with_queue.merge(&other.ttft_with_queue);
        self.e2e_with_queue.merge(&other.e2e_with_queue);
        self.turns.merge(other.turns);
        if let Some(items) = other.items {
            *self.items.get_or_insert(0) += items;
        }
        self.throughput.merge(other.throughput);
        for (name, server) in other.servers {
            self.servers.entry(name).or_default().merge(&server);
        }
        self.course.merge(other.course);
        self.requests.extend(other.requests);
    }

    /// The result of a run that took so long.
    pub fn finish(mut self, duration: Duration) -> BenchResult {
        let seconds = duration.as_secs_f64();
        let per_second = |n: u64| {
            if seconds > 0.0 {
                n as f64 / seconds
            } else {
                0.0
            }
        };
        let percentiles = &self.settings.percentiles;
        let queue = |pool: &Pool| (pool.count() > 0).then(|| pool.statistics(percentiles));
        self.requests.sort_by(|a, b| a.start.total_cmp(&b.start));
        BenchResult {
            definition: self.settings.definition,
            duration: seconds,
            completed: self.completed,
            failed: self.failures.values().sum(),
            cancelled: self.cancelled,
            cancelled_chunks: self.cancelled_chunks,
            empty: self.empty,
            bunched: self.bunched,
            input_tokens: self.input_tokens,
            estimated_input_tokens: self.estimated_input_tokens,
            cached_tokens: self.cached_tokens,
            cache_reports: self.cache_reports,
            output_tokens: self.output_tokens,
            request_throughput: per_second(self.completed),
            request_goodput: self.settings.goodput.map(|_| per_second(self.good)),
            output_throughput: per_second(self.output_tokens),
            total_token_throughput: per_second(self.input_tokens + self.output_tokens),
            max_output_tokens_per_second: self.throughput.peak_tokens_per_second(),
            max_concurrent_requests: self.course.peak_concurrency(),
            ttft: self.ttft.statistics(percentiles),
            ttfo: self.ttfo.statistics(percentiles),
            tpot: self.tpot.statistics(percentiles),
            itl: self.itl.statistics(percentiles),
            e2e: self.e2e.statistics(percentiles),
            queued: queue(&self.queued),
            lateness: (self.lateness.count() > 0).then(|| self.lateness.statistics(&[99.0])),
            ttft_with_queue: queue(&self.ttft_with_queue),
            e2e_with_queue: queue(&self.e2e_with_queue),
            servers: self
                .servers
                .into_iter()
                .map(|(name, server)| server.finish(name.to_string(), percentiles))
                .collect(),
            turns: self.turns.finish(percentiles),
            items: self.items,
            failures: self.failures,
            token_sources: self.sources,
            course: self.course.sorted(),
            requests: self.requests,
        }
    }
}

#[cfg(test)]
pub(in crate::llm) mod tests;
