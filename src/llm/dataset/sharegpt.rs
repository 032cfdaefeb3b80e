//! Reads prompts from a `ShareGPT` file such as `ShareGPT_V3_unfiltered_cleaned_split.json`. One JSON array of `{"id":
//! …, "conversations": [{"from": …, "value": …}, …]}`.

use std::fmt;
use std::io::BufRead;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};

use super::error::{DatasetError, Location};
use super::estimate::estimate_tokens;
use super::pick::{Pick, fill_up};
use super::sample::{PromptSample, Question};
use super::select::Selection;

/// Which prompts are taken, and how many.
///
/// A prompt is the first turn of a conversation and its reference answer is the second, whatever their `from`, as `vllm bench
/// serve` takes them; some other tools insist on a human first. Lengths are those of [`estimate_tokens`], not of a
/// tokenizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShareGpt {
    /// How many samples. If the file has fewer, some are repeated.
    pub count: usize,
    /// Which of those that can be used.
    pub selection: Selection,
    /// How many tokens to ask for; `None` for as many as the reference answer has.
    pub output_tokens: Option<u64>,
    /// Skip shorter prompts, and shorter answers too unless `output_tokens` is given.
    pub min_tokens: u64,
    /// Skip longer prompts.
    pub max_prompt_tokens: u64,
    /// Skip prompts that are longer than this together with their answer; a conversation ends before it gets longer.
    pub max_total_tokens: u64,
    /// Whole conversations, with this maximum number of questions; `None` for the first question of each.
    pub questions: Option<usize>,
}

impl ShareGpt {
    /// The rules of vLLM: 4 tokens at least, 1024 in the prompt and 2048 in all at most.
    pub(crate) fn new(count: usize, selection: Selection) -> Self {
        Self {
            count,
            selection,
            output_tokens: None,
            min_tokens: 4,
            max_prompt_tokens: 1024,
            max_total_tokens: 2048,
            questions: None,
        }
    }

    /// Reads samples. The array is read element by element, so the size of the file does not matter.
    pub(crate) fn read<R: BufRead>(&self, reader: R) -> Result<Vec<PromptSample>, DatasetError> {
        if self.count == 0 {
            return Ok(Vec::new());
        }
        let wanted = self.count;
        let seed = match self.selection {
            Selection::First => 0,
            Selection::Random(seed) => seed,
        };
        let mut elements = 0;
        let mut first = Vec::new();
        let mut pick = Pick::new(wanted, seed);
        for_each(reader, &mut elements, |conversation| {
            match (self.sample(conversation), self.selection) {
                (None, _) => {}
                (Some(sample), Selection::Random(_)) => pick.offer(sample),
                (Some(sample), Selection::First) => first.push(sample),
            }
            matches!(self.selection, Selection::Random(_)) || first.len() < wanted
        })?;
        let mut samples = if first.is_empty() {
            pick.finish()
        } else {
            first
        };
        if samples.is_empty() {
            return Err(DatasetError::Empty(format!(
                "none of {elements} conversations has two turns of a fitting length"
            )));
        }
        fill_up(&mut samples, wanted, seed);
        Ok(samples)
    }

    fn sample(&self, conversation: Conversation) -> Option<PromptSample> {
        let Turns(mut turns) = conversation.conversations;
        if let Some(most) = self.questions {
            return self.conversation(turns, most);
        }
        turns.truncate(2);
        let answer = turns.pop()?.value?;
        let prompt = turns.pop()?.value?;
        let prompt_tokens = estimate_tokens(&prompt);
        let answer_tokens = self
            .output_tokens
            .unwrap_or_else(|| estimate_tokens(&answer));
        let is_short_answer = self.output_tokens.is_none() && answer_tokens < self.min_tokens;
        let fits = prompt_tokens >= self.min_tokens
            && !is_short_answer
            && prompt_tokens <= self.max_prompt_tokens
            && prompt_tokens.saturating_add(answer_tokens) <= self.max_total_tokens;
        fits.then(|| PromptSample::of_prompt(prompt, Some(answer_tokens)))
    }

    /// All that the user asks and that was answered, up to where it gets too long.
    fn conversation(&self, turns: Vec<Turn>, most: usize) -> Option<PromptSample> {
        let mut questions = Vec::new();
        let mut total: u64 = 0;
        let mut turns = turns.into_iter().peekable();
        while let Some(turn) = turns.next() {
            if turn.is_answer() || questions.len() == most {
                continue;
            }
            let Some(answer) = turns.next_if(Turn::is_answer) else {
                continue;
            };
            let (Some(prompt), Some(answer)) = (turn.value, answer.value) else {
                break;
            };
            let prompt_tokens = estimate_tokens(&prompt);
            let answer_tokens = estimate_tokens(&answer);
            let output_tokens = self.output_tokens.unwrap_or(answer_tokens).max(1);
            total = total
                .saturating_add(prompt_tokens)
                .saturating_add(output_tokens);
            if prompt_tokens == 0
                || prompt_tokens > self.max_prompt_tokens
                || total > self.max_total_tokens
            {
                break;
            }
            questions.push(Question {
                prompt,
                prompt_tokens,
                output_tokens: Some(output_tokens),
            });
        }
        (!questions.is_empty()).then(|| PromptSample::of_conversation(questions))
    }
}

/// Calls `take` for each element until it returns false or the array ends.
fn for_each<R: BufRead>(
    mut reader: R,
    elements: &mut u64,
    take: impl FnMut(Conversation) -> bool,
) -> Result<(), DatasetError> {
    skip_mark(&mut reader).map_err(|error| DatasetError::Read {
        location: Location::Element(1),
        error,
    })?;
    let mut stopped = false;
    let mut json = serde_json::Deserializer::from_reader(reader);
    let elements_seen = &mut *elements;
    let array = Array {
        elements: elements_seen,
        stopped: &mut stopped,
        take,
    };
    let result = array.deserialize(&mut json).and_then(|()| json.end());
    match result {
        // Serde knows no other way to stop within an array than an error.
        Err(_) if stopped => Ok(()),
        Err(error) => Err(DatasetError::of_json(
            Location::Element(*elements + 1),
            error,
        )),
        Ok(()) => Ok(()),
    }
}

/// Skips a byte order mark.
fn skip_mark<R: BufRead>(reader: &mut R) -> std::io::Result<()> {
    if reader.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    Ok(())
}

struct Array<'a, F> {
    elements: &'a mut u64,
    stopped: &'a mut bool,
    take: F,
}

impl<'de, F: FnMut(Conversation) -> bool> DeserializeSeed<'de> for Array<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(Conversation) -> bool> Visitor<'de> for Array<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of conversations")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<(), A::Error> {
        while let Some(conversation) = array.next_element()? {
            *self.elements += 1;
            if !(self.take)(conversation) {
                *self.stopped = true;
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Conversation {
    #[serde(default)]
    conversations: Turns,
}

/// The turns, of which there may be none.
#[derive(Default)]
struct Turns(Vec<Turn>);

impl<'de> Deserialize<'de> for Turns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let turns: Option<Vec<Turn>> = Option::deserialize(deserializer)?;
        Ok(Self(turns.unwrap_or_default()))
    }
}

#[derive(Deserialize)]
struct Turn {
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    value: Option<String>,
}

impl Turn {
    /// Whether it is a message of the model or the system rather than of the user.
    fn is_answer(&self) -> bool {
        !matches!(self.from.as_deref(), Some("human" | "user"))
    }
}

#[cfg(test)]
mod tests;
