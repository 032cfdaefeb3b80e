//! Production traces: times and lengths of requests, and the prefixes they share.
//!
//! A published trace contains no texts. [`Trace::request`] generates them block by block, so that two requests share exactly
//! the blocks with equal hashes. Only times, lengths and hashes are in memory; a text is generated on demand.

mod format;
mod json;
mod limits;
mod read;
mod table;
mod timestamp;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::time::Duration;

use super::Input;
use super::dataset::{PromptSample, push_words, words_of};

pub(crate) use format::TraceFormat;
pub(crate) use limits::ReplayLimits;

/// A trace within its limits, with the times of the replay.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trace {
    /// The requests, session by session, in order of the starts of the sessions.
    turns: Vec<Turn>,
    sessions: Vec<Range<usize>>,
    /// The hashes of all requests.
    hashes: Vec<u64>,
    block_size: u64,
    seed: u64,
    /// Requests of the file that are not replayed because they have no answer.
    pub(crate) skipped: u64,
    /// Whether the file has more requests than the limits allow.
    pub(crate) is_cut: bool,
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
struct Turn {
    due: Due,
    prompt_tokens: u64,
    output_tokens: u64,
    hashes: Range<usize>,
    /// The input, for traces that contain it.
    input: Option<Input>,
    /// The seed of the words that no other request has.
    own: u64,
}

/// The time at which a request is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// This long after the start of the trace, but not before the answer to the previous request of the session.
    At(Duration),
    /// This long after that answer.
    After(Duration),
}

impl Trace {
    /// The number of requests.
    pub(crate) fn len(&self) -> usize {
        self.turns.len()
    }

    /// The starts of the sessions, in ascending order.
    pub(crate) fn starts(&self) -> impl Iterator<Item = Duration> {
        self.sessions.iter().map(|session| self.start(session))
    }

    /// The number of requests of each session.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = u64> {
        self.sessions.iter().map(|session| session.len() as u64)
    }

    /// The number of sessions.
    pub(crate) fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// The latest time at which a request is due.
    pub(crate) fn span(&self) -> Duration {
        let times = self.turns.iter().filter_map(|turn| match turn.due {
            Due::At(at) => Some(at),
            Due::After(_) => None,
        });
        times.max().unwrap_or_default()
    }

    /// Prompt and output tokens of all requests.
    pub(crate) fn tokens(&self) -> (u64, u64) {
        self.turns.iter().fold((0, 0), |(prompt, output), turn| {
            (prompt + turn.prompt_tokens, output + turn.output_tokens)
        })
    }

    /// The share of prompt tokens that an earlier request had at the same position: the hits of an unlimited prefix cache.
    pub(crate) fn shared(&self) -> f64 {
        let mut seen = std::collections::HashSet::new();
        let mut order: Vec<&Turn> = self.turns.iter().collect();
        order.sort_by_key(|turn| turn.own);
        let (mut hits, mut all) = (0, 0);
        for turn in order {
            let mut is_prefix = true;
            // Blocks are equal only if all blocks before them are equal.
            let mut chain = 0_u64;
            for (block, hash) in self.hashes[turn.hashes.clone()].iter().enumerate() {
                let start = block as u64 * self.block_size;
                let tokens = turn
                    .prompt_tokens
                    .saturating_sub(start)
                    .min(self.block_size);
                chain = (chain ^ hash)
                    .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                    .rotate_left(29);
                is_prefix &= !seen.insert(chain);
                hits += if is_prefix { tokens } else { 0 };
            }
            all += turn.prompt_tokens;
        }
        if all == 0 {
            0.0
        } else {
            hits as f64 / all as f64
        }
    }

    /// The time at which request `turn` of a session is due, both counted from 0. `At` counts from the start of the session.
    pub(crate) fn due(&self, session: usize, turn: usize) -> Option<Due> {
        let range = self.sessions.get(session)?;
        Some(match self.turn(session, turn)?.due {
            Due::At(at) => Due::At(at.saturating_sub(self.start(range))),
            after @ Due::After(_) => after,
        })
    }

    /// Request `turn` of a session, both counted from 0. Every process generates the same text for the same request.
    pub(crate) fn request(&self, session: usize, turn: usize) -> Option<PromptSample> {
        let turn = self.turn(session, turn)?;
        Some(PromptSample {
            input: match &turn.input {
                Some(input) => input.clone(),
                None => Input::Prompt(self.text(turn)),
            },
            prompt_tokens: turn.prompt_tokens,
            output_tokens: Some(turn.output_tokens),
            turns: Vec::new(),
        })
    }

    fn turn(&self, session: usize, turn: usize) -> Option<&Turn> {
        let range = self.sessions.get(session)?;
        self.turns[range.clone()].get(turn)
    }

    fn start(&self, session: &Range<usize>) -> Duration {
        match self.turns.get(session.start).map(|turn| turn.due) {
            Some(Due::At(at)) => at,
            _ => Duration::ZERO,
        }
    }

    /// The text of a request: the hash of a block determines its words, and the rest consists of words of this request alone.
    fn text(&self, turn: &Turn) -> String {
        let mut text = String::new();
        let mut left = turn.prompt_tokens;
        for hash in &self.hashes[turn.hashes.clone()] {
            let words = left.min(self.block_size);
            push_words(&mut text, &mut words_of(self.seed, *hash), words);
            left -= words;
        }
        push_words(&mut text, &mut words_of(!self.seed, turn.own), left);
        text
    }
}
