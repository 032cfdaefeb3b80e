//! Estimates the token count of a text without a tokenizer.

/// The approximate number of tokens of a text: 4 for every 3 words, the usual rule for English.
///
/// A character of a script without spaces, such as Chinese, Japanese or Thai, counts as a word, and so do each 12 characters
/// of a very long word, such as a hash or minified code.
pub(super) fn estimate_tokens(text: &str) -> u64 {
    let words: u64 = text.split_whitespace().map(words_in).sum();
    (words * 4).div_ceil(3)
}

fn words_in(word: &str) -> u64 {
    const LONG: u64 = 12;
    let (mut spaceless, mut spaced) = (0_u64, 0_u64);
    for character in word.chars() {
        if is_spaceless(character) {
            spaceless += 1;
        } else {
            spaced += 1;
        }
    }
    spaceless + spaced.div_ceil(LONG)
}

fn is_spaceless(character: char) -> bool {
    matches!(u32::from(character), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x2E80..=0xA4CF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_tokens_for_three_words() {
        let table = [
            ("", 0),
            ("  \n", 0),
            ("one", 2),
            ("one two three", 4),
            ("one  two\nthree four five six", 8),
            ("日本語", 4),
            ("日本語 abc", 6),
            (&"f".repeat(36), 4),
            ("Ünïcödé", 2),
        ];
        for (text, tokens) in table {
            assert_eq!(estimate_tokens(text), tokens, "{text:?}");
        }
    }
}
