//! Makes control characters in foreign text visible.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A text in one line, with control characters and those that change the direction of text shown as `\n`, `\x1b` or
/// `\u{202e}`.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    shown(text, is_obeyed)
}

/// As [`visible`], but keeps line breaks and tabs.
pub(crate) fn visible_lines(text: &str) -> Cow<'_, str> {
    shown(text, |c| is_obeyed(c) && !matches!(c, '\n' | '\t'))
}

fn shown(text: &str, is_hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !is_hidden(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x100 => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(out)
}

fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_made_visible() {
        for (text, one_line, lines) in [
            ("Grüße, 世界 ✓", "Grüße, 世界 ✓", "Grüße, 世界 ✓"),
            ("a\nb\tc\r", "a\\nb\\tc\\r", "a\nb\tc\\r"),
            ("\x1b[2J\x07", "\\x1b[2J\\x07", "\\x1b[2J\\x07"),
            (
                "\u{9b}31m\u{7f}\0",
                "\\x9b31m\\x7f\\x00",
                "\\x9b31m\\x7f\\x00",
            ),
            ("\u{202e}cod.exe", "\\u{202e}cod.exe", "\\u{202e}cod.exe"),
        ] {
            assert_eq!((&*visible(text), &*visible_lines(text)), (one_line, lines));
        }
        assert!(matches!(visible("plain"), Cow::Borrowed("plain")));
    }
}
