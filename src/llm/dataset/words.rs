//! The words of generated texts.

use crate::units::SplitMix64;

/// The generator of the words of a text with this number: the same number gives the same words.
pub(in crate::llm) fn words_of(seed: u64, number: u64) -> SplitMix64 {
    let start = SplitMix64::new(seed).next();
    SplitMix64::new(SplitMix64::new(start ^ number).next())
}

/// Adds this number of words to a text.
pub(in crate::llm) fn push_words(text: &mut String, random: &mut SplitMix64, words: u64) {
    push(text, random, words, &WORDS);
}

fn push(text: &mut String, random: &mut SplitMix64, words: u64, all: &[&str]) {
    for _ in 0..words {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(all[random.index(all.len())]);
    }
}

/// The words of generated texts, and their lengths in tokens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Words {
    all: Vec<&'static str>,
    tokens_per_word: f64,
    /// Tokens that the chat template of the server adds to a prompt.
    pub added: u64,
}

impl Default for Words {
    /// All words, of one token each.
    fn default() -> Self {
        Self {
            all: WORDS.to_vec(),
            tokens_per_word: 1.0,
            added: 0,
        }
    }
}

impl Words {
    /// All words except `avoid`; `None` if too few remain, or if the number of tokens per word is implausible.
    pub(crate) fn new(avoid: &[String], tokens_per_word: f64, added: u64) -> Option<Self> {
        let words = WORDS.iter().copied();
        let words: Vec<_> = words
            .filter(|word| !avoid.iter().any(|other| other == word))
            .collect();
        let is_usable = words.len() >= Self::FEWEST && (0.1..=10.0).contains(&tokens_per_word);
        is_usable.then_some(Self {
            all: words,
            tokens_per_word,
            added,
        })
    }

    /// The minimum number of words; texts of fewer words are too similar.
    pub(crate) const FEWEST: usize = 32;

    /// All words.
    pub(crate) fn all() -> &'static [&'static str] {
        &WORDS
    }

    /// Adds words with this number of tokens to a text.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from float saturates, and a length is not negative"
    )]
    pub(super) fn push(&self, text: &mut String, random: &mut SplitMix64, tokens: u64) {
        let words = (tokens as f64 / self.tokens_per_word).round() as u64;
        push(text, random, words.max(1), &self.all);
    }
}

/// Short and common words, which are single tokens in most tokenizers.
const WORDS: [&str; 128] = [
    "about", "above", "after", "again", "air", "all", "animal", "another", "answer", "area", "ask",
    "back", "base", "been", "before", "began", "best", "better", "big", "bird", "black", "body",
    "book", "both", "box", "boy", "bring", "call", "came", "car", "care", "change", "children",
    "city", "close", "cold", "color", "come", "country", "cut", "dark", "day", "door", "down",
    "draw", "dry", "early", "earth", "east", "eat", "even", "every", "eye", "face", "fact", "fall",
    "family", "far", "farm", "fast", "father", "feel", "few", "field", "find", "fire", "fish",
    "five", "fly", "food", "form", "found", "four", "friend", "front", "full", "game", "girl",
    "give", "gold", "good", "great", "green", "ground", "grow", "hand", "hard", "head", "hear",
    "help", "high", "hold", "home", "horse", "hot", "hour", "house", "idea", "keep", "kind",
    "king", "know", "land", "large", "last", "late", "learn", "leave", "left", "life", "light",
    "line", "list", "long", "love", "machine", "make", "map", "mark", "mean", "money", "moon",
    "morning", "mother", "mountain", "move", "music", "name",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_number_stands_for_a_text() {
        let text = |seed, number| {
            let mut text = String::new();
            push_words(&mut text, &mut words_of(seed, number), 20);
            text
        };
        assert_eq!(text(1, 7), text(1, 7));
        let all: BTreeSet<String> = (0..50).map(|n| text(n / 10, n % 10)).collect();
        assert_eq!(all.len(), 50);
        assert_eq!(text(0, 0).split(' ').count(), 20);
        assert_eq!(WORDS.iter().collect::<BTreeSet<_>>().len(), WORDS.len());
    }
}
