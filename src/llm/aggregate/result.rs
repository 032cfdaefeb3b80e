//! The figures of a run.

use std::collections::BTreeMap;

use crate::llm::pool::Statistics;
use crate::llm::tokens::TokenSource;

use super::ServerResult;
use super::turns::TurnResult;
use crate::llm::timeline::RequestTimeline;

/// The result of a run. Latencies are in seconds, of successful requests.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchResult {
    /// The duration of the run in seconds.
    pub duration: f64,
    /// Successful requests.
    pub completed: u64,
    /// Failed requests.
    pub failed: u64,
    /// Requests that the client cancelled.
    pub cancelled: u64,
    /// The chunks of cancelled requests that arrived before the cancellation; about as many tokens.
    pub cancelled_chunks: u64,
    /// Successful requests with an empty reply.
    pub empty: u64,
    /// Replies that came [in bunches](crate::llm::Reply::is_bunched): they count in all figures except TPOT and ITL.
    pub bunched: u64,
    /// Failed requests by kind.
    pub failures: BTreeMap<String, u64>,
    /// Successful requests by the source of their number of completion tokens.
    pub token_sources: BTreeMap<TokenSource, u64>,
    /// Tokens of all prompts.
    pub input_tokens: u64,
    /// The part of the prompt tokens that the client estimated because the server did not report them.
    pub estimated_input_tokens: u64,
    /// The part of the prompt tokens that the server reports as cached.
    pub cached_tokens: u64,
    /// Successful requests for which the server reported the number of cached prompt tokens, including zero.
    pub cache_reports: u64,
    /// Tokens of all completions.
    pub output_tokens: u64,
    /// Successful requests per second of the run.
    pub request_throughput: f64,
    /// Requests that met every objective, per second of the run; `None` without objectives.
    pub request_goodput: Option<f64>,
    /// Completion tokens per second of the run.
    pub output_throughput: f64,
    /// Prompt and completion tokens per second of the run.
    pub total_token_throughput: f64,
    /// The maximum number of completion tokens in a second of the run.
    pub max_output_tokens_per_second: f64,
    /// The maximum number of concurrent requests, including failed ones.
    pub max_concurrent_requests: u64,
    /// Time to first token.
    pub ttft: Statistics,
    /// Time to first output that is not reasoning.
    pub ttfo: Statistics,
    /// Time per output token, one value per request that has one.
    pub tpot: Statistics,
    /// Gaps between chunks with content, of all requests together.
    pub itl: Statistics,
    /// End-to-end latency.
    pub e2e: Statistics,
    /// Time from the planned start of a request until it was sent; `None` without a schedule.
    pub queued: Option<Statistics>,
    /// The same of all requests, including failed ones, with the 99th percentile.
    pub lateness: Option<Statistics>,
    /// Time to first token from the planned start; `None` without a schedule.
    pub ttft_with_queue: Option<Statistics>,
    /// End-to-end latency from the planned start; `None` without a schedule.
    pub e2e_with_queue: Option<Statistics>,
    /// The figures of each server, by name; empty unless the run names several servers.
    pub servers: Vec<ServerResult>,
    /// Every request with its times.
    pub timeline: RequestTimeline,
    /// Scored items, of a run that requests scores instead of text.
    pub items: Option<u64>,
    /// The figures by turn, of a run with conversations.
    pub turns: Vec<TurnResult>,
    /// The requests in order of their starts, if they were kept.
    pub requests: Vec<RequestRecord>,
}

impl BenchResult {
    /// The lateness in seconds from which a load no longer counts as that of its trace, if 1 % of the requests exceed it; the
    /// limit of `AIPerf`.
    pub(crate) const TOO_LATE: f64 = 0.5;

    /// Whether requests were sent too late for the load to count as that of its trace.
    pub fn is_degraded(&self) -> bool {
        let percentiles = self.lateness.iter().flat_map(|late| &late.percentiles);
        percentiles.copied().any(|(_, p99)| p99 > Self::TOO_LATE)
    }
}

/// One request of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestRecord {
    /// When it was sent, in seconds since the start of the run.
    pub start: f64,
    /// Seconds from its planned start until it was sent.
    pub queued: f64,
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Whether the number of prompt tokens is an estimate of the client.
    pub is_prompt_estimated: bool,
    /// Tokens of the completion; 0 for a request that failed.
    pub completion_tokens: u64,
    /// Seconds to the first token; `None` without one.
    pub ttft: Option<f64>,
    /// Seconds to the last token; `None` without one.
    pub e2e: Option<f64>,
    /// Seconds to the end of its response.
    pub end: f64,
    /// Gaps between chunks in seconds.
    pub gaps: Vec<f64>,
    /// Whether the reply came [in bunches](crate::llm::Reply::is_bunched), so that its gaps are not latencies between tokens.
    pub is_bunched: bool,
    /// The text of the first choice, if it was kept.
    pub text: String,
    /// The kind and the message of the failure.
    pub failure: Option<(&'static str, String)>,
}
