//! The text of replies, which is always the same.

use std::sync::LazyLock;

/// Mostly ASCII words, and some with characters of two, three and four bytes, as in the vocabulary of a model.
const WORDS: &str = "\
    light river stone über garden seven quiet paper north winter 日本 signal copper wheel amber harbor çedilla \
    little engine field orange window été marble ocean thread velvet 🙂 needle basket circle дом lantern meadow \
    branch silver candle bridge señal forest pocket mirror ladder summer kettle anchor violin pebble λόγος \
    button saddle island feather hammer tunnel planet market shadow cotton rocket ribbon";

static VOCABULARY: LazyLock<Vec<&str>> = LazyLock::new(|| WORDS.split(' ').collect());

/// The offset of the words of reasoning, so that it differs from the content.
const REASONING: u64 = 30;

/// Tokens `from..from + count` of the content of `choice`. A token is a word with the space before it.
pub(super) fn content(choice: u64, from: u64, count: u64) -> String {
    words(choice, from, count)
}

/// Tokens `from..from + count` of the reasoning of `choice`.
pub(super) fn reasoning(choice: u64, from: u64, count: u64) -> String {
    words(choice + REASONING, from, count)
}

fn words(offset: u64, from: u64, count: u64) -> String {
    let mut text = String::new();
    for token in from..from + count {
        if token > 0 {
            text.push(' ');
        }
        // Seven and the number of words have no common factor, so all words occur before one repeats.
        let index = (token * 7 + offset) % VOCABULARY.len() as u64;
        text.push_str(usize::try_from(index).map_or("", |index| VOCABULARY[index]));
    }
    text
}

/// The id of a word as a token: the same for the same word.
pub(super) fn token(word: &str) -> u64 {
    // FNV-1a, reduced to the vocabulary size of an average model.
    let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash ^ (hash >> 32)) % TOKENS
}

/// The number of different tokens.
const TOKENS: u64 = 128_000;

/// The arguments of a tool call, divided into the pieces that are sent.
pub(super) const ARGUMENTS: [&str; 3] = [r#"{"city":"#, r#""Paris""#, "}"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_form_the_whole_text() {
        let pieces: String = (0..200).map(|token| content(3, token, 1)).collect();
        assert_eq!(pieces, content(3, 0, 200));
        assert_eq!(pieces.split_whitespace().count(), 200);
        assert_ne!(content(0, 0, 8), content(1, 0, 8));
    }

    #[test]
    fn the_pieces_of_arguments_form_json() {
        assert!(serde_json::from_str::<serde_json::Value>(&ARGUMENTS.concat()).is_ok());
    }
}
