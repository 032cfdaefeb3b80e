//! Strings in YAML.

use std::fmt::Write;

/// A string in quotation marks, on one line.
pub(super) fn quoted(text: &str) -> String {
    // A JSON string is a YAML string, except for characters that only JSON allows unescaped.
    let mut out = String::new();
    for c in serde_json::Value::from(text).to_string().chars() {
        if is_shown(c) {
            out.push(c);
        } else {
            let _ = write!(out, "\\U{:08x}", u32::from(c));
        }
    }
    out
}

/// A string as a block of lines indented by `indent` columns, or in quotation marks if a block cannot represent it.
pub(super) fn block(text: &str, indent: usize) -> String {
    let body = text.strip_suffix('\n');
    let lines = body.unwrap_or(text);
    let begins = lines.chars().next();
    // The first line of a block determines its indentation, and trailing lines of spaces may be lost.
    let holds = begins.is_some_and(|c| !c.is_whitespace())
        && !lines.ends_with(char::is_whitespace)
        && lines.chars().all(|c| c == '\n' || c == '\t' || is_shown(c));
    if !holds {
        return quoted(text);
    }
    let mut out = String::from(if body.is_some() { "|" } else { "|-" });
    for line in lines.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent));
            out.push_str(line);
        }
    }
    out
}

/// Whether YAML allows this character unescaped.
fn is_shown(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted() {
        assert_eq!(
            quoted("a \"b\" \\ c\n\u{0}é\u{2028}\u{7f}"),
            r#""a \"b\" \\ c\n\u0000é\U00002028\U0000007f""#
        );
    }

    #[test]
    fn blocks_keep_lines_and_their_end() {
        assert_eq!(block("a\n\n  b: c\n", 2), "|\n  a\n\n    b: c");
        assert_eq!(block("a", 2), "|-\n  a");
        for text in ["", " a\n", "\n", "a\n\n", "a\r\n", "a \n", "a\u{7f}\n"] {
            assert!(block(text, 2).starts_with('"'), "{text:?}");
        }
    }
}
