//! The result of one request.

use std::time::Duration;

use super::builder::FragmentKind;
use super::marks::Marks;
use super::outcome::ReplyOutcome;
use super::tokens::{ServerTimings, Tokens};

/// The measurements of one request. Times are since the request's start; gaps are in seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Whether it went well, and if not, why.
    pub outcome: ReplyOutcome,
    /// When what came.
    pub marks: Marks,
    /// Seconds between one chunk with a fragment and the next of the same choice: the inter-token latency as far as chunks
    /// show it, in the order of arrival.
    pub gaps: Vec<f64>,
    /// Those of the gaps that lie within the first read of their choice. The reader was late for them, or they arrived
    /// together: in either case their length is unknown.
    pub first_read_gaps: u64,
    /// The choices seen, in the order of their first chunk; usually one.
    pub choices: Vec<Choice>,
    /// Chunks with content, reasoning or part of a tool call that is not empty, counted for each choice.
    pub chunks: u64,
    /// All events, or lines, chunks or not.
    pub events: u64,
    /// Comments of the stream.
    pub comments: u64,
    /// Events that were only keep-alives: a ping, empty data, or data that does not look like a chunk.
    pub keep_alives: u64,
    /// Events that look like JSON but are not chunks.
    pub malformed: u64,
    /// How many tokens, and who says so.
    pub tokens: Tokens,
    /// What the server measured itself, if it said so.
    pub server: Option<ServerTimings>,
    /// A proper end was seen: the closing event of the API, or the end of the body after the finish reason.
    pub done: bool,
}

impl Reply {
    /// Whether the reply succeeded but is empty: the model stopped immediately.
    pub fn is_empty(&self) -> bool {
        self.outcome.is_ok() && self.chunks == 0
    }

    /// Time to first token: to the first chunk with content, reasoning or part of a tool call that is not empty.
    pub fn ttft(&self) -> Option<Duration> {
        self.marks.first_fragment
    }

    /// Time to first output: to the first chunk with content that is not reasoning.
    pub fn ttfo(&self) -> Option<Duration> {
        self.marks.first_output
    }

    /// End-to-end latency: to the last chunk with content. Usage and the end of the stream come later; see
    /// [`Marks::end`].
    pub fn e2e(&self) -> Option<Duration> {
        self.marks.last_fragment
    }

    /// Whether the first read of the reply contained enough of its chunks that the time from the first chunk to the last is
    /// too short for what came in it: more than a tenth of the gaps, or several tokens in the only chunk. Such a reply has
    /// no [`Reply::tpot`], and its gaps are not inter-token latencies.
    pub fn is_bunched(&self) -> bool {
        match self.gaps.len() as u64 {
            0 => self.chunks > 0 && self.tokens.completion > self.chunks,
            gaps => self.first_read_gaps.saturating_mul(10) > gaps,
        }
    }

    /// Time per output token after the first: (last content − first content) / (completion tokens − 1).
    ///
    /// `None` without content, with a single token, and for a reply [that came in bunches](Reply::is_bunched). With several
    /// choices, which come side by side, it is the time per token of one of them: the sum of their times, divided by the
    /// tokens that followed the first of each.
    pub fn tpot(&self) -> Option<Duration> {
        if self.is_bunched() {
            return None;
        }
        let spans = self.choices.iter().filter_map(Choice::span);
        let (choices, span) = spans.fold((0, Duration::ZERO), |(n, sum), span| {
            (n + 1, sum.saturating_add(span))
        });
        let tokens = self.tokens.completion.checked_sub(choices)?;
        (tokens > 0 && !self.gaps.is_empty())
            .then(|| Duration::from_secs_f64(span.as_secs_f64() / tokens as f64))
    }

    /// Completion tokens per second from the request's start to the last chunk with content.
    pub fn tokens_per_second(&self) -> Option<f64> {
        let seconds = self.e2e()?.as_secs_f64();
        (seconds > 0.0).then(|| self.tokens.completion as f64 / seconds)
    }

    /// The finish reason of the first choice.
    pub fn finish_reason(&self) -> Option<&str> {
        self.choices.first()?.finish_reason.as_deref()
    }

    /// The text of the first choice; empty unless it was asked for.
    pub fn text(&self) -> &str {
        self.choices.first().map_or("", |choice| &choice.text)
    }

    /// The reasoning of the first choice; empty unless text was asked for.
    pub fn reasoning(&self) -> &str {
        self.choices.first().map_or("", |choice| &choice.reasoning)
    }
}

/// One of the replies that a request asked for; there is more than one with `n` above 1.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// Its index.
    pub index: u64,
    /// Why it ended, in the server's word: `stop`, `length`, `end_turn`, …; `None` if that never came.
    pub finish_reason: Option<String>,
    /// Its text; empty unless it was asked for.
    pub text: String,
    /// Its reasoning; empty unless text was asked for.
    pub reasoning: String,
    /// The arguments of its tool calls, one after the other; empty unless text was asked for.
    pub tool_arguments: String,
    first: Option<Arrival>,
    last: Option<Arrival>,
    /// Tokens so far, where chunks say so.
    tokens: Option<u64>,
}

/// The latest chunk of a choice that had a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Arrival {
    at: Duration,
    event: u64,
    read: u64,
}

/// What a fragment is to its choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrived {
    /// The first one.
    First,
    /// Another one of the same event.
    Again,
    /// One that came after another.
    After {
        /// How long after.
        gap: Duration,
        /// The choice has had a single read so far.
        is_first_read: bool,
    },
}

impl Choice {
    pub(super) fn new(index: u64) -> Self {
        Self {
            index,
            ..Self::default()
        }
    }

    /// Tokens of this choice so far, as its chunks say.
    pub(super) fn tokens(&self) -> u64 {
        self.tokens.unwrap_or(0)
    }

    #[inline]
    pub(super) fn set_tokens(&mut self, tokens: u64) {
        self.tokens = Some(tokens);
    }

    /// Keeps text.
    pub(super) fn keep(&mut self, part: FragmentKind, text: &str) {
        match part {
            FragmentKind::Content => &mut self.text,
            FragmentKind::Reasoning => &mut self.reasoning,
            FragmentKind::Tool => &mut self.tool_arguments,
        }
        .push_str(text);
    }

    /// From the first chunk to the last.
    fn span(&self) -> Option<Duration> {
        Some(self.last?.at.saturating_sub(self.first?.at))
    }

    /// A fragment arrives, in the event and the read of these numbers.
    #[inline]
    pub(super) fn arrive(&mut self, at: Duration, event: u64, read: u64) -> Arrived {
        let now = Arrival { at, event, read };
        let first = *self.first.get_or_insert(now);
        let Some(before) = self.last.replace(now) else {
            return Arrived::First;
        };
        if before.event == event {
            return Arrived::Again;
        }
        Arrived::After {
            gap: at.saturating_sub(before.at),
            is_first_read: first.read == read,
        }
    }
}
