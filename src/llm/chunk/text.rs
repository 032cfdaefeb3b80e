//! A text in a chunk.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::object::{Fill, as_nothing};

/// A text in a chunk: whether it is empty, and with `KEEP` the text itself.
///
/// Null and values other than text count as empty. The text of a list is that of its parts, as some servers write content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::llm) struct ChunkText<'a, const KEEP: bool> {
    is_present: bool,
    text: Cow<'a, str>,
}

impl<'a, const KEEP: bool> ChunkText<'a, KEEP> {
    /// A fragment with this text.
    fn new(text: Cow<'a, str>) -> Self {
        Self {
            is_present: !text.is_empty(),
            text,
        }
    }

    /// Whether it is empty.
    #[inline]
    pub(in crate::llm) fn is_empty(&self) -> bool {
        !self.is_present
    }

    /// The text; empty unless it is kept.
    #[inline]
    pub(in crate::llm) fn text(&self) -> &str {
        &self.text
    }

    /// The text, or `default` if there is none.
    #[inline]
    pub(super) fn text_or<'f>(&'f self, default: &'f str) -> &'f str {
        if self.is_present { &self.text } else { default }
    }

    /// This fragment, or `other` if this one is empty.
    #[inline]
    pub(super) fn or<'f>(&'f self, other: &'f Self) -> &'f Self {
        if self.is_present { self } else { other }
    }

    /// Appends another fragment.
    pub(super) fn append(&mut self, next: Self) {
        self.is_present |= next.is_present;
        if self.text.is_empty() {
            self.text = next.text;
        } else if !next.text.is_empty() {
            self.text.to_mut().push_str(&next.text);
        }
    }

    /// Marks the fragment as non-empty, if `is_present`, without adding text.
    pub(super) fn mark_present(&mut self, is_present: bool) {
        self.is_present |= is_present;
    }
}

impl<'de: 'a, 'a, const KEEP: bool> Deserialize<'de> for ChunkText<'a, KEEP> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FragmentVisitor::<KEEP>)
    }
}

impl<'de: 'a, 'a, const KEEP: bool> Fill<'de> for ChunkText<'a, KEEP> {
    #[inline]
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        *self = Self::deserialize(deserializer)?;
        Ok(())
    }
}

struct FragmentVisitor<const KEEP: bool>;

impl<'de, const KEEP: bool> Visitor<'de> for FragmentVisitor<KEEP> {
    type Value = ChunkText<'de, KEEP>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    #[inline]
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(if KEEP {
            ChunkText::new(Cow::Borrowed(text))
        } else {
            ChunkText {
                is_present: !text.is_empty(),
                text: Cow::Borrowed(""),
            }
        })
    }

    #[inline]
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(if KEEP {
            ChunkText::new(Cow::Owned(text.to_owned()))
        } else {
            ChunkText {
                is_present: !text.is_empty(),
                text: Cow::Borrowed(""),
            }
        })
    }

    as_nothing!(null bool number);

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
        let mut whole = ChunkText::default();
        while let Some(part) = parts.next_element()? {
            whole.append(part);
        }
        Ok(whole)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut part: A) -> Result<Self::Value, A::Error> {
        let mut text = ChunkText::default();
        while let Some(key) = part.next_key::<Cow<'de, str>>()? {
            if key == "text" {
                text = part.next_value()?;
            } else {
                part.next_value::<IgnoredAny>()?;
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<const KEEP: bool>(json: &str) -> (bool, String) {
        let fragment: ChunkText<'_, KEEP> = serde_json::from_str(json).unwrap();
        (!fragment.is_empty(), fragment.text().to_owned())
    }

    #[test]
    fn text_is_present_if_it_is_not_empty() {
        let table = [
            (r#""a""#, true, "a"),
            (r#"" ""#, true, " "),
            (r#""a\nb""#, true, "a\nb"),
            (r#""""#, false, ""),
            ("null", false, ""),
            ("1", false, ""),
            ("-1.5", false, ""),
            ("true", false, ""),
            ("{}", false, ""),
            (r#"{"type":"text","text":"a","more":[1]}"#, true, "a"),
            ("[]", false, ""),
            (r#"[{"text":"a"},{"text":"b"},"c",null]"#, true, "abc"),
        ];
        for (json, is_present, text) in table {
            assert_eq!(parse::<true>(json), (is_present, text.to_owned()), "{json}");
            assert_eq!(parse::<false>(json), (is_present, String::new()), "{json}");
        }
    }
}
