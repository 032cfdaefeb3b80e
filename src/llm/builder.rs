//! Builds a reply from the contents of its chunks.

use std::time::Duration;

use super::chunk::{ChunkText, MalformedChunk};
use super::marks::Marks;
use super::outcome::{ReplyFailure, kind};
use super::reply::{Arrived, Choice};
use super::tokens::{ServerTimings, TokenSource, Tokens, Usage};

/// The kind of a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FragmentKind {
    /// Text for the user, a refusal included.
    Content,
    /// Reasoning before the text.
    Reasoning,
    /// The name or arguments of a tool call.
    Tool,
}

/// The maximum number of choices per request, by `OpenAI`.
const MAX_CHOICES: usize = 128;

/// Builds a reply. The chunk parsers of all APIs report to it.
#[derive(Debug, Default)]
pub(super) struct ReplyBuilder {
    pub(super) marks: Marks,
    pub(super) choices: Vec<Choice>,
    pub(super) gaps: Vec<f64>,
    /// Gaps between chunks of the first read of their choice.
    pub(super) first_read_gaps: u64,
    /// Chunks with a fragment, counted for each choice.
    pub(super) chunks: u64,
    /// The first failure that the stream itself reported.
    pub(super) failure: Option<ReplyFailure>,
    pub(super) timings: Option<ServerTimings>,
    usage: Usage,
    chunk_usage: Usage,
    /// The number of the current event.
    event: u64,
    /// The number of the current read, and its time.
    read: u64,
    read_at: Option<Duration>,
    /// Whether the next events belong to the previous read regardless of their time.
    pub(super) is_behind: bool,
    /// The kind of the last fragment since the reader took it.
    pub(super) fresh: Option<FragmentKind>,
    /// Whether the current event is only a keep-alive.
    pub(super) is_keep_alive: bool,
}

impl ReplyBuilder {
    /// A builder for a new reply, with the emptied buffers of an old one.
    pub(super) fn reusing(gaps: Vec<f64>, choices: Vec<Choice>) -> Self {
        Self {
            choices,
            gaps,
            ..Self::default()
        }
    }

    /// Begins an event.
    #[inline]
    pub(super) fn begin_event(&mut self, at: Duration) {
        self.event += 1;
        if self.read_at != Some(at) {
            self.read_at = Some(at);
            self.read += u64::from(!self.is_behind);
        }
        self.is_keep_alive = false;
    }

    /// Records an event with a place for content.
    #[inline]
    pub(super) fn chunk(&mut self, at: Duration) {
        self.marks.first_chunk.get_or_insert(at);
    }

    /// The choice with this index; created if it is new.
    #[inline]
    pub(super) fn choice(&mut self, index: u64) -> Result<&mut Choice, MalformedChunk> {
        let position = match self.choices.iter().position(|choice| choice.index == index) {
            Some(position) => position,
            None if self.choices.len() < MAX_CHOICES => {
                self.choices.push(Choice::new(index));
                self.choices.len() - 1
            }
            None => return Err(MalformedChunk::TooManyChoices),
        };
        self.choices
            .get_mut(position)
            .ok_or(MalformedChunk::TooManyChoices)
    }

    /// Adds a fragment to a choice; ignores an empty one. Several fragments in one event count as one chunk.
    #[inline]
    pub(super) fn fragment<const KEEP: bool>(
        &mut self,
        at: Duration,
        index: u64,
        part: FragmentKind,
        fragment: &ChunkText<'_, KEEP>,
    ) -> Result<(), MalformedChunk> {
        if fragment.is_empty() {
            return Ok(());
        }
        let (event, read) = (self.event, self.read);
        let choice = self.choice(index)?;
        if KEEP {
            choice.keep(part, fragment.text());
        }
        let arrival = choice.arrive(at, event, read);
        self.fresh = Some(part);
        if part != FragmentKind::Reasoning {
            self.marks.first_output.get_or_insert(at);
        }
        if let Arrived::Again = arrival {
            return Ok(());
        }
        self.chunks += 1;
        self.marks.first_fragment.get_or_insert(at);
        self.marks.last_fragment = Some(at);
        if let Arrived::After { gap, is_first_read } = arrival {
            self.gaps.push(gap.as_secs_f64());
            self.first_read_gaps += u64::from(is_first_read);
        }
        Ok(())
    }

    /// Sets the finish reason of a choice, unless it is empty. Returns whether it was set.
    #[inline]
    pub(super) fn finish(&mut self, index: u64, reason: &str) -> Result<bool, MalformedChunk> {
        if reason.is_empty() {
            return Ok(false);
        }
        let choice = self.choice(index)?;
        choice
            .finish_reason
            .get_or_insert_with(|| reason.to_owned());
        Ok(true)
    }

    /// Sets the usage: of the whole reply, or so far.
    #[inline]
    pub(super) fn usage(&mut self, usage: Usage, is_whole: bool) {
        if usage.is_empty() {
            return;
        }
        let known = if is_whole {
            &mut self.usage
        } else {
            &mut self.chunk_usage
        };
        known.update(usage);
    }

    /// Sets the server's own measurements, unless they are empty. Later ones replace earlier ones.
    #[inline]
    pub(super) fn timings(&mut self, timings: ServerTimings) {
        if !timings.is_empty() {
            self.timings = Some(timings);
        }
    }

    /// Records an error that the server reported.
    pub(super) fn error(&mut self, message: String) {
        self.fail(ReplyFailure::new(kind::ERROR_EVENT, message));
    }

    /// Records a failure, unless there is one already.
    pub(super) fn fail(&mut self, failure: ReplyFailure) {
        self.failure.get_or_insert(failure);
    }

    /// Records the event that ends the stream.
    #[inline]
    pub(super) fn done(&mut self, at: Duration) {
        self.marks.done.get_or_insert(at);
    }

    /// The token counts from the best source. A count of 0 tokens is ignored if there was content.
    pub(super) fn tokens(&self) -> Tokens {
        let mut usage = self.chunk_usage;
        usage.update(self.usage);
        let prompt = usage.prompt.or_else(|| {
            let timings = self.timings?;
            Some(
                timings
                    .prompt_tokens?
                    .saturating_add(timings.cached_tokens.unwrap_or(0)),
            )
        });
        let cached = usage.cached.or_else(|| self.timings?.cached_tokens);

        let per_choice = match &*self.choices {
            [_] | [] => self.chunk_usage.completion,
            // With vLLM, the usage of a chunk counts only the tokens of its choice.
            many => self
                .chunk_usage
                .completion
                .map(|_| many.iter().filter_map(|choice| choice.tokens).sum()),
        };
        let candidates = [
            (TokenSource::Usage, self.usage.completion),
            (TokenSource::ChunkUsage, per_choice),
            (
                TokenSource::Timings,
                self.timings.and_then(|timings| timings.completion_tokens),
            ),
        ];
        let (source, completion) = candidates
            .into_iter()
            .find_map(|(source, tokens)| {
                tokens
                    .filter(|tokens| *tokens > 0 || self.chunks == 0)
                    .map(|n| (source, n))
            })
            .unwrap_or((TokenSource::CountedChunks, self.chunks));
        Tokens {
            prompt,
            cached,
            completion,
            reasoning: usage.reasoning,
            source,
        }
    }
}
