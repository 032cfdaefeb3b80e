//! Tokens per second over the time of a run.

use std::time::Duration;

use super::reply::Reply;

/// No run is longer than a year, and no second beyond it is counted: a bound on memory.
const MAX_SECONDS: usize = 366 * 24 * 60 * 60;

/// Counts the tokens of each second of the run.
#[derive(Debug, Clone, Default)]
pub(super) struct Throughput {
    tokens: Vec<f64>,
}

impl Throughput {
    /// Spreads the tokens of a reply evenly over its chunks, each at the moment it arrived.
    pub(super) fn tokens(&mut self, start: Duration, reply: &Reply) {
        let (Some(first), Some(last)) = (reply.marks.first_fragment, reply.marks.last_fragment)
        else {
            return;
        };
        let per_chunk = reply.tokens.completion as f64 / (reply.gaps.len() + 1) as f64;
        let (mut at, last) = (first.as_secs_f64(), last.as_secs_f64());
        let start = start.as_secs_f64();
        self.token(start + at, per_chunk);
        for gap in &reply.gaps {
            // With several choices the gaps overlap, so their sum can lie beyond the end.
            at = (at + gap).min(last);
            self.token(start + at, per_chunk);
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from float saturates, and a time is not negative"
    )]
    fn token(&mut self, at: f64, tokens: f64) {
        let second = at as usize;
        if second >= MAX_SECONDS {
            return;
        }
        if second >= self.tokens.len() {
            self.tokens.resize(second + 1, 0.0);
        }
        self.tokens[second] += tokens;
    }

    /// What another process counted: the tokens of each second.
    pub(super) fn of(tokens: &[f64]) -> Self {
        let tokens = tokens.iter().take(MAX_SECONDS);
        let tokens = tokens.map(|n| if n.is_finite() { *n } else { 0.0 });
        Self {
            tokens: tokens.collect(),
        }
    }

    /// The tokens of each second.
    pub(super) fn per_second(&self) -> &[f64] {
        &self.tokens
    }

    /// Adds what another worker counted in the same run.
    pub(super) fn merge(&mut self, other: Self) {
        if self.tokens.len() < other.tokens.len() {
            self.tokens.resize(other.tokens.len(), 0.0);
        }
        for (sum, tokens) in self.tokens.iter_mut().zip(other.tokens) {
            *sum += tokens;
        }
    }

    /// The most tokens in a second of the run.
    pub(super) fn peak_tokens_per_second(&self) -> f64 {
        self.tokens.iter().copied().fold(0.0, f64::max)
    }
}
