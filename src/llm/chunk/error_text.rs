//! Extracts the message of an error in any server's format.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::object::fill_by_value;

/// The message of an `error` of any type; `None` for null.
///
/// A text is the message itself. The message of an object is its `message`, or else its `type`, `status` or `code`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::llm) struct ErrorText(pub(in crate::llm) Option<String>);

impl<'de> Deserialize<'de> for ErrorText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ErrorVisitor)
    }
}

struct ErrorVisitor;

impl ErrorVisitor {
    /// The text for an error without a message.
    const UNNAMED: &str = "an error without a message";
}

impl<'de> Visitor<'de> for ErrorVisitor {
    type Value = ErrorText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an error")
    }

    fn visit_str<E>(self, text: &str) -> Result<ErrorText, E> {
        let text = if text.trim().is_empty() {
            Self::UNNAMED
        } else {
            text
        };
        Ok(ErrorText(Some(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<ErrorText, E> {
        Ok(ErrorText(None))
    }

    fn visit_bool<E>(self, is_error: bool) -> Result<ErrorText, E> {
        Ok(ErrorText(is_error.then(|| Self::UNNAMED.to_owned())))
    }

    fn visit_u64<E>(self, code: u64) -> Result<ErrorText, E> {
        Ok(ErrorText(Some(format!("error {code}"))))
    }

    fn visit_i64<E>(self, code: i64) -> Result<ErrorText, E> {
        Ok(ErrorText(Some(format!("error {code}"))))
    }

    fn visit_f64<E>(self, code: f64) -> Result<ErrorText, E> {
        Ok(ErrorText(Some(format!("error {code}"))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut errors: A) -> Result<ErrorText, A::Error> {
        let mut first = None;
        while let Some(ErrorText(error)) = errors.next_element()? {
            first = first.or(error);
        }
        Ok(ErrorText(first))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<ErrorText, A::Error> {
        // The most specific field has the lowest rank.
        let mut best: Option<(u8, String)> = None;
        while let Some(key) = fields.next_key::<Cow<'de, str>>()? {
            let rank = match &*key {
                "message" => 0,
                "type" => 1,
                "status" => 2,
                "code" => 3,
                _ => {
                    fields.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if let ErrorText(Some(text)) = fields.next_value()?
                && text != Self::UNNAMED
                && best.as_ref().is_none_or(|(other, _)| rank < *other)
            {
                best = Some((rank, text));
            }
        }
        Ok(ErrorText(Some(best.map_or_else(
            || Self::UNNAMED.to_owned(),
            |(_, text)| text,
        ))))
    }
}

fill_by_value!(ErrorText);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_may_have_any_shape() {
        let table = [
            ("null", None),
            ("false", None),
            ("\"Unauthorized\"", Some("Unauthorized")),
            ("\"\"", Some("an error without a message")),
            (
                r#"{"code":500,"message":"boom","type":"server_error"}"#,
                Some("boom"),
            ),
            (
                r#"{"code":"rate_limit","message":null,"type":"limit"}"#,
                Some("limit"),
            ),
            (r#"{"code":503}"#, Some("error 503")),
            (r#"{"param":null}"#, Some("an error without a message")),
            (r#"{"message":""}"#, Some("an error without a message")),
            (
                r#"[{"message":"first"},{"message":"second"}]"#,
                Some("first"),
            ),
            ("500", Some("error 500")),
        ];
        for (json, message) in table {
            let ErrorText(error) = serde_json::from_str(json).unwrap();
            assert_eq!(error.as_deref(), message, "{json}");
        }
    }
}
