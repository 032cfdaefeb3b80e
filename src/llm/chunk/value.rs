//! Values that servers write in more than one way.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Implements the visits of a [`Visitor`] that takes these values for "nothing".
macro_rules! nothing {
    ($value:expr; $($visit:ident($type:ty)),*) => {
        $(fn $visit<E>(self, _: $type) -> Result<Self::Value, E> {
            Ok($value)
        })*
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

/// A number of something; `None` for null and for all that is no natural number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Count(pub(super) Option<u64>);

impl<'de> Deserialize<'de> for Count {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountVisitor;

        impl<'de> Visitor<'de> for CountVisitor {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            #[inline]
            fn visit_u64<E>(self, count: u64) -> Result<Count, E> {
                Ok(Count(Some(count)))
            }

            // Some servers write every number with a fraction.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "within the range where both types are exact"
            )]
            fn visit_f64<E>(self, count: f64) -> Result<Count, E> {
                let is_exact = (0.0..=9e15).contains(&count) && count.fract() == 0.0;
                Ok(Count(is_exact.then_some(count as u64)))
            }

            nothing!(Count(None); visit_bool(bool), visit_i64(i64), visit_str(&str));

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Count, A::Error> {
                IgnoredAny.visit_seq(items).map(|_| Count(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Count, A::Error> {
                IgnoredAny.visit_map(fields).map(|_| Count(None))
            }
        }

        deserializer.deserialize_any(CountVisitor)
    }
}

/// A list that nearly always has at most one item, which then costs no allocation. Null is an empty list.
#[derive(Debug, Clone)]
pub(super) struct Few<T> {
    first: Option<T>,
    rest: Vec<T>,
}

impl<T> Few<T> {
    /// Whether there is no item.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }
}

impl<T> Default for Few<T> {
    #[inline]
    fn default() -> Self {
        Self {
            first: None,
            rest: Vec::new(),
        }
    }
}

impl<T> IntoIterator for Few<T> {
    type Item = T;
    type IntoIter = std::iter::Chain<std::option::IntoIter<T>, std::vec::IntoIter<T>>;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.rest)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FewVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for FewVisitor<T> {
            type Value = Few<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_unit<E>(self) -> Result<Few<T>, E> {
                Ok(Few::default())
            }

            #[inline]
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Few<T>, A::Error> {
                let mut few = Few {
                    first: items.next_element()?,
                    rest: Vec::new(),
                };
                while few.first.is_some() {
                    let Some(item) = items.next_element()? else {
                        break;
                    };
                    few.rest.push(item);
                }
                Ok(few)
            }
        }

        deserializer.deserialize_any(FewVisitor(PhantomData))
    }
}

/// What an `error` says, in whatever shape: `None` for null.
///
/// A text is the message itself. In an object the message is `message`, or failing that `type`, `status` or `code`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::llm) struct ErrorText(pub(in crate::llm) Option<String>);

impl<'de> Deserialize<'de> for ErrorText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ErrorVisitor)
    }
}

struct ErrorVisitor;

impl ErrorVisitor {
    /// For an error that says nothing.
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
        // By rank: the better a field says what is wrong, the lower.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_natural_number_or_nothing() {
        let table = [
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("12.0", Some(12)),
            ("12.5", None),
            ("-1", None),
            ("1e300", None),
            ("null", None),
            ("\"1\"", None),
            ("[1]", None),
            ("{\"a\":1}", None),
            ("true", None),
        ];
        for (json, count) in table {
            assert_eq!(
                serde_json::from_str::<Count>(json).unwrap().0,
                count,
                "{json}"
            );
        }
    }

    #[test]
    fn a_few_items_keep_their_order() {
        let table: [(&str, &[u64]); 4] = [
            ("null", &[]),
            ("[]", &[]),
            ("[1]", &[1]),
            ("[1,2,3]", &[1, 2, 3]),
        ];
        for (json, items) in table {
            let few: Few<u64> = serde_json::from_str(json).unwrap();
            assert_eq!(few.is_empty(), items.is_empty());
            assert_eq!(few.into_iter().collect::<Vec<_>>(), items, "{json}");
        }
        assert!(serde_json::from_str::<Few<u64>>("1").is_err());
    }

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
