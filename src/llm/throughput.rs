//! Tokens per second over the time of a run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::reply::Reply;

/// The maximum number of seconds, which bounds memory; later ones are not counted.
const MAX_SECONDS: usize = 366 * 24 * 60 * 60;

/// The number of tokens in each second of the run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<f64>")]
pub(super) struct Throughput(Vec<f64>);

impl From<Vec<f64>> for Throughput {
    fn from(mut tokens: Vec<f64>) -> Self {
        tokens.truncate(MAX_SECONDS);
        Self(tokens)
    }
}

impl Throughput {
    /// Distributes the tokens of a reply evenly over its chunks, at the times at which they arrived.
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
            // With several choices the gaps overlap, so their sum can exceed the end.
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
        if second >= self.0.len() {
            self.0.resize(second + 1, 0.0);
        }
        self.0[second] += tokens;
    }

    /// Adds the counts of another part of the run.
    pub(super) fn merge(&mut self, other: Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0.0);
        }
        for (sum, tokens) in self.0.iter_mut().zip(other.0) {
            *sum += tokens;
        }
    }

    /// The maximum number of tokens in a second of the run.
    pub(super) fn peak_tokens_per_second(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max)
    }
}
