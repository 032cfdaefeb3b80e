//! Conversations by turn; later turns may hit the server's prompt cache.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::llm::pool::{LatencyPool, Statistics};
use crate::llm::reply::Reply;

/// The highest turn with its own figures; later turns count with it.
const MOST: u32 = 64;

/// The figures of a turn, of successful requests.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnResult {
    /// The number of the question in its conversation, from 1.
    pub turn: u32,
    /// The number of requests.
    pub requests: u64,
    /// Prompt tokens, including those of all earlier messages.
    pub input_tokens: u64,
    /// The part of the prompt tokens that the server reports as cached.
    pub cached_tokens: u64,
    /// Time to first token.
    pub ttft: Statistics,
    /// End-to-end latency.
    pub e2e: Statistics,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Turns(BTreeMap<u32, Turn>);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Turn {
    requests: u64,
    input_tokens: u64,
    cached_tokens: u64,
    ttft: LatencyPool,
    e2e: LatencyPool,
}

impl Turns {
    pub(super) fn add(&mut self, turn: u32, reply: &Reply, prompt_tokens: u64) {
        let sums = self.0.entry(turn.min(MOST)).or_default();
        sums.requests += 1;
        sums.input_tokens += prompt_tokens;
        sums.cached_tokens += reply.tokens.cached.unwrap_or_default();
        if let Some(ttft) = reply.ttft() {
            sums.ttft.add(ttft.as_secs_f64());
        }
        if let Some(e2e) = reply.e2e() {
            sums.e2e.add(e2e.as_secs_f64());
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (turn, other) in other.0 {
            let sums = self.0.entry(turn.min(MOST)).or_default();
            sums.requests += other.requests;
            sums.input_tokens += other.input_tokens;
            sums.cached_tokens += other.cached_tokens;
            sums.ttft.merge(&other.ttft);
            sums.e2e.merge(&other.e2e);
        }
    }

    pub(super) fn finish(&self, percentiles: &[f64]) -> Vec<TurnResult> {
        let result = |(turn, sums): (&u32, &Turn)| TurnResult {
            turn: *turn,
            requests: sums.requests,
            input_tokens: sums.input_tokens,
            cached_tokens: sums.cached_tokens,
            ttft: sums.ttft.statistics(percentiles),
            e2e: sums.e2e.statistics(percentiles),
        };
        self.0.iter().map(result).collect()
    }
}
