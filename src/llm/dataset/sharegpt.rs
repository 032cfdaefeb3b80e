//! Reads prompts from a `ShareGPT` file such as `ShareGPT_V3_unfiltered_cleaned_split.json`: a JSON array of `{"id": …,
//! "conversations": [{"from": …, "value": …}, …]}`.

use std::fmt;
use std::io::BufRead;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};

use super::error::{DatasetError, Location};
use super::estimate::estimate_tokens;
use super::pick::{Pick, Selection};
use super::sample::{PromptSample, Question};

/// The selection of prompts.
///
/// A prompt is the first turn of a conversation, and its reference answer is the second, regardless of their `from`, as in
/// `vllm bench serve`. Lengths are estimates of [`estimate_tokens`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShareGpt {
    /// The number of samples. If the file has fewer, some are repeated.
    pub count: usize,
    /// Which of the usable samples are taken.
    pub selection: Selection,
    /// The number of tokens to request; `None` for the length of the reference answer.
    pub output_tokens: Option<u64>,
    /// Skip shorter prompts, and shorter answers too unless `output_tokens` is given.
    pub min_tokens: u64,
    /// Skip longer prompts.
    pub max_prompt_tokens: u64,
    /// Skip prompts that are longer than this together with their answer. A conversation ends before it exceeds this.
    pub max_total_tokens: u64,
    /// The maximum number of questions of a conversation; `None` for only the first question of each.
    pub questions: Option<usize>,
}

impl ShareGpt {
    /// The limits of vLLM: at least 4 tokens, at most 1024 in the prompt and 2048 in total.
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
        let mut elements = 0;
        let mut pick = Pick::new(Some(self.count), self.selection);
        for_each(reader, &mut elements, |conversation| {
            self.sample(conversation)
                .is_none_or(|sample| pick.offer(sample))
        })?;
        let samples = pick.finish();
        if samples.is_empty() {
            return Err(DatasetError::without_prompt(&format!(
                "none of {elements} conversations has two turns of a fitting length"
            )));
        }
        Ok(samples)
    }

    fn sample(&self, conversation: Conversation) -> Option<PromptSample> {
        let mut turns = conversation.conversations?;
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

    /// The answered questions of the user, up to the maximum length.
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

/// Calls `take` for each element until it returns false.
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
        // With serde, only an error can stop within an array.
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
    conversations: Option<Vec<Turn>>,
}

#[derive(Deserialize)]
struct Turn {
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    value: Option<String>,
}

impl Turn {
    /// Whether the message is from the model or the system.
    fn is_answer(&self) -> bool {
        !matches!(self.from.as_deref(), Some("human" | "user"))
    }
}

#[cfg(test)]
mod tests;
