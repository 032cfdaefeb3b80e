//! The share of a run that one of several servers handled.

use serde::{Deserialize, Serialize};

use crate::llm::pool::{LatencyPool, Statistics};
use crate::llm::reply::Reply;

/// The sums of the replies of one server.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct ServerSums {
    completed: u64,
    failed: u64,
    cancelled: u64,
    output_tokens: u64,
    ttft: LatencyPool,
    tpot: LatencyPool,
    e2e: LatencyPool,
}

/// The figures of one of several servers. Latencies are in seconds, of successful requests.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerResult {
    /// The URL.
    pub server: String,
    /// Successful requests.
    pub completed: u64,
    /// Failed requests.
    pub failed: u64,
    /// Requests that the client cancelled.
    pub cancelled: u64,
    /// Completion tokens.
    pub output_tokens: u64,
    /// Time to first token.
    pub ttft: Statistics,
    /// Time per output token.
    pub tpot: Statistics,
    /// End-to-end latency.
    pub e2e: Statistics,
}

impl ServerSums {
    pub(super) fn add(&mut self, reply: &Reply) {
        if !reply.outcome.is_ok() {
            let is_cancelled = reply.outcome.is_cancelled();
            self.cancelled += u64::from(is_cancelled);
            self.failed += u64::from(!is_cancelled);
            return;
        }
        self.completed += 1;
        self.output_tokens += reply.tokens.completion;
        for (pool, time) in [
            (&mut self.ttft, reply.ttft()),
            (&mut self.tpot, reply.tpot()),
            (&mut self.e2e, reply.e2e()),
        ] {
            if let Some(time) = time {
                pool.add(time.as_secs_f64());
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.completed += other.completed;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.output_tokens += other.output_tokens;
        self.ttft.merge(&other.ttft);
        self.tpot.merge(&other.tpot);
        self.e2e.merge(&other.e2e);
    }

    pub(super) fn finish(self, server: String, percentiles: &[f64]) -> ServerResult {
        ServerResult {
            server,
            completed: self.completed,
            failed: self.failed,
            cancelled: self.cancelled,
            output_tokens: self.output_tokens,
            ttft: self.ttft.statistics(percentiles),
            tpot: self.tpot.statistics(percentiles),
            e2e: self.e2e.statistics(percentiles),
        }
    }
}
