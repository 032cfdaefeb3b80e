//! Traces of production: times and lengths of requests, and the prefixes they share.
//!
//! A published trace has no texts. [`Trace::request`] makes them up, block by block, so that two requests share exactly the
//! blocks whose hashes are the same. Only times, lengths and hashes are held; a text is made when it is asked for.

mod error;
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
use super::dataset::{push_words, words_of};

pub(crate) use format::TraceFormat;
pub(crate) use limits::ReplayLimits;

/// A trace, cut to its limits, at the pace it is replayed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trace {
    /// Requests of a session stand one after the other; sessions stand in the order of their starts.
    turns: Vec<Turn>,
    sessions: Vec<Range<usize>>,
    /// The hashes of all requests.
    hashes: Vec<u64>,
    block_size: u64,
    seed: u64,
    /// Requests of the file that are not replayed, since no answer to them is known.
    skipped: u64,
    /// Whether the file has more requests than the limits let in.
    is_cut: bool,
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
struct Turn {
    due: Due,
    prompt_tokens: u64,
    output_tokens: u64,
    hashes: Range<usize>,
    /// The text itself, for the few traces that have one.
    input: Option<Input>,
    /// What words no other request has are made from.
    own: u64,
}

/// When a request is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// So long after the start of the trace, and not before the answer to the request before it in its session.
    At(Duration),
    /// So long after that answer.
    After(Duration),
}

/// A request of a trace as it is sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TracedRequest {
    /// What is asked.
    pub input: Input,
    /// Tokens of it, as the trace has them.
    pub prompt_tokens: u64,
    /// Tokens to ask for.
    pub output_tokens: u64,
}

impl Trace {
    /// Requests in all.
    pub(crate) fn len(&self) -> usize {
        self.turns.len()
    }

    /// When each session starts, in order.
    pub(crate) fn starts(&self) -> impl Iterator<Item = Duration> {
        self.sessions.iter().map(|session| self.start(session))
    }

    /// How many requests each session has.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = u64> {
        self.sessions.iter().map(|session| session.len() as u64)
    }

    /// The number of sessions.
    pub(crate) fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// When the last request is due that has a time of its own.
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

    /// The share of prompt tokens that an earlier request had in the same location: what a prefix cache without limits would
    /// hit.
    pub(crate) fn shared(&self) -> f64 {
        let mut seen = std::collections::HashSet::new();
        let mut order: Vec<&Turn> = self.turns.iter().collect();
        order.sort_by_key(|turn| turn.own);
        let (mut hits, mut all) = (0, 0);
        for turn in order {
            let mut is_prefix = true;
            // A block is the same where all before it are.
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

    /// Requests of the file that are not replayed, since no answer to them is known.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Whether the file has more requests than the limits let in.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// When request `turn` of a session is due, both from 0; `At` is since the start of its session.
    pub(crate) fn due(&self, session: usize, turn: usize) -> Option<Due> {
        let range = self.sessions.get(session)?;
        Some(match self.turn(session, turn)?.due {
            Due::At(at) => Due::At(at.saturating_sub(self.start(range))),
            after @ Due::After(_) => after,
        })
    }

    /// Request `turn` of a session, both from 0. The same request is the same text, in every process.
    pub(crate) fn request(&self, session: usize, turn: usize) -> Option<TracedRequest> {
        let turn = self.turn(session, turn)?;
        Some(TracedRequest {
            input: match &turn.input {
                Some(input) => input.clone(),
                None => Input::Prompt(self.text(turn)),
            },
            prompt_tokens: turn.prompt_tokens,
            output_tokens: turn.output_tokens,
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

    /// The words of each block are those of its hash, and what no block covers has words of its own.
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
