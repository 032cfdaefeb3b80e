//! Prompts that are made up.

use crate::llm::request::Input;

use super::sample::Sample;
use super::seeded::Seeded;
use super::words::push_words;

/// Prompts of random words. They differ from their first word on, so that no server finds them in its prompt cache.
///
/// An iterator without end. The same settings give the same prompts.
#[derive(Debug, Clone)]
pub struct RandomPrompts {
    words: u64,
    range: f64,
    output_tokens: Option<u64>,
    random: Seeded,
}

impl RandomPrompts {
    /// Prompts of `words` words each, to be answered with `output_tokens` tokens.
    ///
    /// With a `range` above 0 the length varies evenly between `words` × (1 − range) and `words` × (1 + range); it is
    /// brought between 0 and 1 if need be. A prompt has at least one word.
    pub fn new(words: u64, range: f64, output_tokens: Option<u64>, seed: u64) -> Self {
        let range = if range.is_nan() {
            0.0
        } else {
            range.clamp(0.0, 1.0)
        };
        Self {
            words,
            range,
            output_tokens,
            random: Seeded::new(seed),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from float saturates, and a length is not negative"
    )]
    fn length(&mut self) -> u64 {
        let spread = (self.words as f64 * self.range) as u64;
        let shortest = self.words.saturating_sub(spread);
        let lengths = spread.saturating_mul(2).saturating_add(1);
        shortest.saturating_add(self.random.below(lengths)).max(1)
    }
}

impl Iterator for RandomPrompts {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        let mut prompt = String::new();
        let words = self.length();
        push_words(&mut prompt, &mut self.random, words);
        Some(Sample {
            input: Input::Prompt(prompt),
            // The words are such that most tokenizers have one token for each.
            prompt_tokens: words,
            output_tokens: self.output_tokens,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::super::Input;
    use super::*;

    fn texts(words: u64, range: f64, seed: u64) -> Vec<String> {
        let samples = RandomPrompts::new(words, range, Some(9), seed).take(200);
        samples
            .map(|sample| {
                assert_eq!(sample.output_tokens, Some(9));
                match sample.input {
                    Input::Prompt(text) => text,
                    Input::Messages(_) => unreachable!("made as a prompt"),
                }
            })
            .collect()
    }

    #[test]
    fn a_seed_fixes_the_prompts() {
        assert_eq!(texts(20, 0.5, 1), texts(20, 0.5, 1));
        assert_ne!(texts(20, 0.5, 1), texts(20, 0.5, 2));
    }

    #[test]
    fn prompts_differ_from_their_start_and_have_the_length_asked_for() {
        let all = texts(20, 0.0, 3);
        assert!(all.iter().all(|text| text.split(' ').count() == 20));
        let starts: BTreeSet<Vec<&str>> = all
            .iter()
            .map(|text| text.split(' ').take(4).collect())
            .collect();
        assert_eq!(starts.len(), all.len());
    }

    #[test]
    fn lengths_vary_within_their_range() {
        let lengths: BTreeSet<usize> = texts(10, 0.5, 4)
            .iter()
            .map(|text| text.split(' ').count())
            .collect();
        assert_eq!(lengths, (5..=15).collect());
        assert!(
            texts(0, 1.0, 5)
                .iter()
                .all(|text| text.split(' ').count() == 1)
        );
        assert!(
            texts(3, f64::NAN, 5)
                .iter()
                .all(|text| text.split(' ').count() == 3)
        );
    }
}
