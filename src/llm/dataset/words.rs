//! The words that made-up texts consist of.

use super::seeded::Seeded;

/// What draws the words of a text that is known by a number: the same number gives the same words.
pub(in crate::llm) fn words_of(seed: u64, number: u64) -> Seeded {
    let start = Seeded::new(seed).next();
    Seeded::new(Seeded::new(start ^ number).next())
}

/// Adds so many words to a text.
pub(in crate::llm) fn push_words(text: &mut String, random: &mut Seeded, words: u64) {
    for _ in 0..words {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(WORDS[random.index(WORDS.len())]);
    }
}

/// Short and common, so that most tokenizers have one token for each.
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
