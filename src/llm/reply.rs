//! The result of one request.

use std::time::Duration;

use super::builder::FragmentKind;
use super::marks::Marks;
use super::outcome::ReplyOutcome;
use super::tokens::{ServerTimings, Tokens};

/// The measurements of one request. Times count from the start of the request.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Whether the request succeeded, and if not, why.
    pub outcome: ReplyOutcome,
    /// The times at which the parts arrived.
    pub marks: Marks,
    /// Seconds between consecutive chunks with a fragment of the same choice, in order of arrival: the inter-token latency, as
    /// far as chunks show it.
    pub gaps: Vec<f64>,
    /// The number of gaps within the first read of their choice. Their real length is unknown: the chunks arrived together, or
    /// the reader was late.
    pub first_read_gaps: u64,
    /// The choices in order of their first chunk; usually one.
    pub choices: Vec<Choice>,
    /// Chunks with non-empty content, reasoning or part of a tool call, counted for each choice.
    pub chunks: u64,
    /// All events or lines, including those that are not chunks.
    pub events: u64,
    /// Comments of the stream.
    pub comments: u64,
    /// Events that were only keep-alives: pings, empty data, or data that does not look like a chunk.
    pub keep_alives: u64,
    /// Events that look like JSON but are not chunks.
    pub malformed: u64,
    /// The token counts and their source.
    pub tokens: Tokens,
    /// The measurements that the server reported, if any.
    pub server: Option<ServerTimings>,
    /// Whether the reply had a proper end: the closing event of the API, or the end of the body after the finish reason.
    pub done: bool,
}

impl Reply {
    /// Whether the reply succeeded without content: the model stopped immediately.
    pub fn is_empty(&self) -> bool {
        self.outcome.is_ok() && self.chunks == 0
    }

    /// Time to first token: to the first chunk with non-empty content, reasoning or part of a tool call.
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

    /// Whether the reply came in bunches: its first read contained more than a tenth of the gaps, or its only chunk several
    /// tokens, so that the time from the first chunk to the last is too short for its tokens. Such a reply has no
    /// [`Reply::tpot`], and its gaps are not inter-token latencies.
    pub fn is_bunched(&self) -> bool {
        match self.gaps.len() as u64 {
            0 => self.chunks > 0 && self.tokens.completion > self.chunks,
            gaps => self.first_read_gaps.saturating_mul(10) > gaps,
        }
    }

    /// Time per output token after the first: (last content − first content) / (completion tokens − 1).
    ///
    /// `None` without content, with a single token, and for a reply [that came in bunches](Reply::is_bunched). With several
    /// choices, which arrive concurrently, it is the sum of their times, divided by the tokens after the first of each.
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

    /// The text of the first choice; empty unless text is kept.
    pub fn text(&self) -> &str {
        self.choices.first().map_or("", |choice| &choice.text)
    }

    /// The reasoning of the first choice; empty unless text is kept.
    pub fn reasoning(&self) -> &str {
        self.choices.first().map_or("", |choice| &choice.reasoning)
    }
}

/// One of the alternative replies to a request; there are several if its `n` is greater than 1.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// Its index.
    pub index: u64,
    /// The finish reason of the server: `stop`, `length`, `end_turn`, …; `None` if there was none.
    pub finish_reason: Option<String>,
    /// Its text; empty unless text is kept.
    pub text: String,
    /// Its reasoning; empty unless text is kept.
    pub reasoning: String,
    /// The arguments of its tool calls, concatenated; empty unless text is kept.
    pub tool_arguments: String,
    first: Option<Arrival>,
    last: Option<Arrival>,
    /// Tokens so far, if chunks report them.
    pub(super) tokens: Option<u64>,
}

/// The time, event and read of a chunk with a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Arrival {
    at: Duration,
    event: u64,
    read: u64,
}

/// The position of a fragment in its choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrived {
    /// The first fragment.
    First,
    /// Another fragment of the same event.
    Again,
    /// A fragment of a later event.
    After {
        /// The time since the previous event.
        gap: Duration,
        /// Whether the choice has had only one read so far.
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

    /// Appends text.
    pub(super) fn keep(&mut self, part: FragmentKind, text: &str) {
        match part {
            FragmentKind::Content => &mut self.text,
            FragmentKind::Reasoning => &mut self.reasoning,
            FragmentKind::Tool => &mut self.tool_arguments,
        }
        .push_str(text);
    }

    /// The time from the first chunk to the last.
    fn span(&self) -> Option<Duration> {
        Some(self.last?.at.saturating_sub(self.first?.at))
    }

    /// Records the arrival of a fragment, in the event and the read with these numbers.
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
