//! Generates random prompts.

use std::sync::Arc;

use super::lengths::Lengths;
use super::sample::{PromptSample, Question};
use super::words::{Words, words_of};
use crate::llm::request::Input;
use crate::units::SplitMix64;

/// Prompts of random words. Unless they share a prefix, they differ from the first word on, so that no server has them in its
/// prompt cache.
///
/// This is an endless iterator. The same settings give the same prompts, and prompt number `n` does not depend on those
/// before it.
#[derive(Debug, Clone)]
pub(crate) struct RandomPrompts {
    /// Tokens of each prompt, without its prefix.
    pub input: Lengths,
    /// Tokens to request.
    pub output: Option<Lengths>,
    /// The shared prefixes.
    pub prefixes: Option<Prefixes>,
    /// The number of questions of a conversation.
    pub turns: Lengths,
    /// The words and their lengths in tokens.
    pub words: Arc<Words>,
    seed: u64,
    number: u64,
}

/// Prefixes that groups of prompts share: prompt number `n` has prefix `n` modulo their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefixes {
    /// The length of a prefix in tokens.
    pub tokens: u64,
    /// The number of prefixes.
    pub groups: u64,
}

impl RandomPrompts {
    /// Prompts of these lengths.
    pub(crate) fn new(input: Lengths, output: Option<Lengths>, seed: u64) -> Self {
        Self {
            input,
            output,
            prefixes: None,
            turns: Lengths::fixed(1),
            words: Arc::default(),
            seed,
            number: 0,
        }
    }

    /// A question. The first one of a conversation has the prefix, and is shorter by the tokens that the server adds.
    fn question(&self, random: &mut SplitMix64, number: u64, is_first: bool) -> Question {
        let mut prompt = String::new();
        let mut tokens = 0;
        if let Some(prefixes) = self.prefixes.filter(|_| is_first) {
            let group = number % prefixes.groups.max(1);
            self.words.push(
                &mut prompt,
                &mut words_of(!self.seed, group),
                prefixes.tokens,
            );
            tokens += prefixes.tokens;
        }
        let own = self.input.draw(random);
        let added = if is_first { self.words.added } else { 0 };
        self.words
            .push(&mut prompt, random, own.saturating_sub(added).max(1));
        Question {
            prompt,
            prompt_tokens: tokens + own.max(added + 1),
            output_tokens: self.output.as_ref().map(|output| output.draw(random)),
        }
    }
}

impl Iterator for RandomPrompts {
    type Item = PromptSample;

    fn next(&mut self) -> Option<PromptSample> {
        let number = self.number;
        self.number += 1;
        let mut random = words_of(self.seed, number);
        let turns = self.turns.draw(&mut random);
        let first = self.question(&mut random, number, true);
        let mut turns: Vec<Question> = (1..turns)
            .map(|_| self.question(&mut random, number, false))
            .collect();
        if turns.is_empty() && self.turns.same() == Some(1) {
            return Some(PromptSample {
                input: Input::Prompt(first.prompt),
                prompt_tokens: first.prompt_tokens,
                output_tokens: first.output_tokens,
                turns,
            });
        }
        turns.insert(0, first);
        Some(PromptSample::of_conversation(turns))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::super::Input;
    use super::*;

    fn texts(input: &Lengths, seed: u64) -> Vec<String> {
        let samples = RandomPrompts::new(input.clone(), Some(Lengths::fixed(9)), seed).take(200);
        samples.map(text).collect()
    }

    fn text(sample: PromptSample) -> String {
        assert_eq!(sample.output_tokens, Some(9));
        match sample.input {
            Input::Prompt(text) => text,
            Input::Messages(_) => unreachable!("made as a prompt"),
        }
    }

    #[test]
    fn a_seed_fixes_the_prompts() {
        let lengths = Lengths::around(20, 0.5);
        assert_eq!(texts(&lengths, 1), texts(&lengths, 1));
        assert_ne!(texts(&lengths, 1), texts(&lengths, 2));
        let mut skipped = RandomPrompts::new(lengths.clone(), Some(Lengths::fixed(9)), 1);
        assert_eq!(text(skipped.nth(100).unwrap()), texts(&lengths, 1)[100]);
    }

    #[test]
    fn prompts_differ_from_the_first_words_and_have_the_requested_length() {
        let all = texts(&Lengths::fixed(20), 3);
        assert!(all.iter().all(|text| text.split(' ').count() == 20));
        let starts: BTreeSet<Vec<&str>> = all
            .iter()
            .map(|text| text.split(' ').take(4).collect())
            .collect();
        assert_eq!(starts.len(), all.len());
    }

    #[test]
    fn lengths_vary_within_their_range() {
        let lengths: BTreeSet<usize> = texts(&Lengths::around(10, 0.5), 4)
            .iter()
            .map(|text| text.split(' ').count())
            .collect();
        assert_eq!(lengths, (5..=15).collect());
    }

    #[test]
    fn groups_share_only_their_prefix() {
        let mut prompts = RandomPrompts::new(Lengths::fixed(10), Some(Lengths::fixed(9)), 5);
        prompts.prefixes = Some(Prefixes {
            tokens: 30,
            groups: 4,
        });
        let all: Vec<String> = prompts.take(40).map(text).collect();
        let prefix = |text: &str| text.split(' ').take(30).collect::<Vec<_>>().join(" ");
        let prefixes: BTreeSet<String> = all.iter().map(|text| prefix(text)).collect();
        assert_eq!(prefixes.len(), 4);
        assert!(all.iter().all(|text| text.split(' ').count() == 40));
        assert_eq!(prefix(&all[1]), prefix(&all[5]));
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 40);
    }

    #[test]
    fn a_conversation_has_its_questions() {
        let mut prompts = RandomPrompts::new(Lengths::fixed(10), Some(Lengths::fixed(9)), 5);
        prompts.turns = Lengths::parse("2..4", |_| unreachable!()).unwrap();
        prompts.prefixes = Some(Prefixes {
            tokens: 30,
            groups: 1,
        });
        let counts: BTreeSet<usize> = prompts
            .take(100)
            .map(|sample| {
                let words = |question: &Question| question.prompt.split(' ').count();
                assert_eq!(words(&sample.turns[0]), 40);
                assert!(
                    sample.turns[1..]
                        .iter()
                        .all(|question| words(question) == 10)
                );
                sample.turns.len()
            })
            .collect();
        assert_eq!(counts, [2, 3, 4].into());
    }

    #[test]
    fn a_word_can_have_more_or_fewer_tokens() {
        let mut prompts = RandomPrompts::new(Lengths::fixed(100), None, 5);
        prompts.words = Arc::new(Words::new(&["about".to_owned()], 1.5, 10).unwrap());
        let sample = prompts.next().unwrap();
        let Input::Prompt(text) = sample.input else {
            panic!()
        };
        // 90 tokens at 1.5 tokens per word; the server adds the rest.
        assert_eq!(text.split(' ').count(), 60);
        assert_eq!(sample.prompt_tokens, 100);
        assert!(!text.contains("about"));
    }
}
