//! The figures of a run.

use std::collections::BTreeMap;

use crate::llm::pool::Statistics;
use crate::llm::tokens::TokenSource;

use super::turns::TurnResult;
use super::{Definition, ServerResult};
use crate::llm::timeline::RequestTimeline;

/// The result of a run. Latencies are in seconds, of the requests that went well.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchResult {
    /// Which moments latencies are measured between.
    pub definition: Definition,
    /// How long the run took, in seconds.
    pub duration: f64,
    /// Requests that went well.
    pub completed: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests that the client gave up on purpose.
    pub cancelled: u64,
    /// The chunks of these that had come by then; about as many tokens.
    pub cancelled_chunks: u64,
    /// Successful requests with an empty reply.
    pub empty: u64,
    /// Those that came [in bunches](crate::llm::Reply::is_bunched): they count in every figure but TPOT and ITL.
    pub bunched: u64,
    /// Failed requests by kind.
    pub failures: BTreeMap<&'static str, u64>,
    /// Requests that went well, by where their number of completion tokens is from.
    pub token_sources: BTreeMap<TokenSource, u64>,
    /// Tokens of all prompts.
    pub input_tokens: u64,
    /// Those of them that are the client's estimate, because the server does not say how many there are.
    pub estimated_input_tokens: u64,
    /// Those of them that the server says it took from its cache.
    pub cached_tokens: u64,
    /// Requests that went well and whose server said how many tokens of the prompt were in its cache, even if none was.
    pub cache_reports: u64,
    /// Tokens of all completions.
    pub output_tokens: u64,
    /// Requests that went well, per second of the run.
    pub request_throughput: f64,
    /// Requests that met every objective, per second of the run; `None` without objectives.
    pub request_goodput: Option<f64>,
    /// Completion tokens per second of the run.
    pub output_throughput: f64,
    /// Prompt and completion tokens per second of the run.
    pub total_token_throughput: f64,
    /// The most completion tokens in any second since the start.
    pub max_output_tokens_per_second: f64,
    /// The most requests in flight at one moment, failed ones included.
    pub max_concurrent_requests: u64,
    /// Time to first token.
    pub ttft: Statistics,
    /// Time to first output that is not reasoning; always by content.
    pub ttfo: Statistics,
    /// Time per output token, one value per request that has one.
    pub tpot: Statistics,
    /// Gaps between chunks with content, of all requests in one pool; always by content.
    pub itl: Statistics,
    /// End-to-end latency.
    pub e2e: Statistics,
    /// How long requests had to wait for their turn; `None` without a schedule.
    pub queued: Option<Statistics>,
    /// The same of all requests, those that failed included, with the 99th percentile.
    pub lateness: Option<Statistics>,
    /// Time to first token from when the schedule wanted the request; `None` without a schedule.
    pub ttft_with_queue: Option<Statistics>,
    /// End-to-end latency from when the schedule wanted the request; `None` without a schedule.
    pub e2e_with_queue: Option<Statistics>,
    /// The figures of each server, by name; empty unless the run names several servers.
    pub servers: Vec<ServerResult>,
    /// Every request with its times.
    pub timeline: RequestTimeline,
    /// Items that were scored, where no words were asked for.
    pub items: Option<u64>,
    /// The same by question, where requests are conversations.
    pub turns: Vec<TurnResult>,
    /// Every request in the order of their starts, if they were kept.
    pub requests: Vec<RequestRecord>,
}

impl BenchResult {
    /// A trace of which 1 % is sent later than this is not the trace any more, in seconds; the limit of `AIPerf`.
    pub(crate) const TOO_LATE: f64 = 0.5;

    /// Whether requests were sent too late for the load to be that of a trace.
    pub fn is_degraded(&self) -> bool {
        let percentiles = self.lateness.iter().flat_map(|late| &late.percentiles);
        percentiles.copied().any(|(_, p99)| p99 > Self::TOO_LATE)
    }
}

/// One request of a run, for those who want to see each.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestRecord {
    /// When it was sent, in seconds since the start of the run.
    pub start: f64,
    /// Seconds it had to wait for its turn.
    pub queued: f64,
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// They are the client's estimate.
    pub is_prompt_estimated: bool,
    /// Tokens of the completion; 0 for a request that failed.
    pub completion_tokens: u64,
    /// Seconds to the first token; `None` without one.
    pub ttft: Option<f64>,
    /// Seconds to the last token; `None` without one.
    pub e2e: Option<f64>,
    /// Seconds to the end of its response.
    pub end: f64,
    /// Seconds between chunks.
    pub gaps: Vec<f64>,
    /// The reply came [in bunches](crate::llm::Reply::is_bunched), so that its gaps are not latencies between tokens.
    pub is_bunched: bool,
    /// The text of the first choice, if it was kept.
    pub text: String,
    /// The kind and message of its failure.
    pub failure: Option<(&'static str, String)>,
}
