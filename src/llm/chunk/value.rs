//! Values that servers write in several forms.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};

use super::object::{Fill, InPlace, as_nothing, fill_by_value};

/// Declares a value that is parsed from some JSON types, and has its default for all others.
macro_rules! lenient {
    ($(#[$meta:meta])* $name:ident($type:ty), $expected:literal, [$($others:ident)*], $($visit:item)*) => {
        $(#[$meta])*
        pub(super) struct $name(pub(super) $type);

        impl<'de> Deserialize<'de> for $name {
            #[inline]
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct ValueVisitor;

                impl<'de> Visitor<'de> for ValueVisitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }

                    $(#[inline] $visit)*

                    as_nothing!($($others)*);
                }

                deserializer.deserialize_any(ValueVisitor)
            }
        }

        fill_by_value!($name);
    };
}

lenient! {
    /// A count; `None` for null and for anything other than a natural number.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    Count(Option<u64>), "a number", [null bool negative text list object],

    fn visit_u64<E>(self, count: u64) -> Result<Count, E> {
        Ok(Count(Some(count)))
    }

    // Some servers write all numbers as fractions.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the range where both types are exact"
    )]
    fn visit_f64<E>(self, count: f64) -> Result<Count, E> {
        let is_exact = (0.0..=9e15).contains(&count) && count.fract() == 0.0;
        Ok(Count(is_exact.then_some(count as u64)))
    }
}

lenient! {
    /// True or false; values of other types count as false.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    IsTrue(bool), "true or false", [null number text list object],

    fn visit_bool<E>(self, is_true: bool) -> Result<IsTrue, E> {
        Ok(IsTrue(is_true))
    }
}

lenient! {
    /// A number; `None` for other values.
    #[derive(Debug, Clone, Copy, PartialEq, Default)]
    Float(Option<f64>), "a number", [null bool negative text list object],

    fn visit_f64<E>(self, number: f64) -> Result<Float, E> {
        Ok(Float(Some(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Float, E> {
        Ok(Float(Some(number as f64)))
    }
}

/// A list that usually has at most one item, which needs no allocation. Values other than a list count as an empty list.
#[derive(Debug, Clone, Default)]
pub(super) struct Few<T> {
    first: T,
    has_first: bool,
    rest: Vec<T>,
}

impl<T> Few<T> {
    /// Whether there is no item.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        !self.has_first
    }

    /// The items in order.
    #[inline]
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.has_first
            .then_some(&mut self.first)
            .into_iter()
            .chain(&mut self.rest)
    }
}

impl<'de, T: Fill<'de> + Default> Fill<'de> for Few<T> {
    #[inline]
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(InPlace(self))
    }
}

impl<'de, T: Fill<'de> + Default> Visitor<'de> for InPlace<'_, Few<T>> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    as_nothing!(null bool number text object);

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let few = self.0;
        few.has_first = items.next_element_seed(InPlace(&mut few.first))?.is_some();
        while items.next_element_seed(Push(&mut few.rest))?.is_some() {}
        Ok(())
    }
}

/// Parses one more item, if there is one.
struct Push<'v, T>(&'v mut Vec<T>);

impl<'de, T: Fill<'de> + Default> DeserializeSeed<'de> for Push<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let mut item = T::default();
        item.fill(deserializer)?;
        self.0.push(item);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::object::parse;
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
        let table: [(&str, &[Option<u64>]); 7] = [
            ("null", &[]),
            ("7", &[]),
            ("{\"a\":[1]}", &[]),
            ("[]", &[]),
            ("[1]", &[Some(1)]),
            ("[1,2,3]", &[Some(1), Some(2), Some(3)]),
            ("[null,2]", &[None, Some(2)]),
        ];
        for (json, items) in table {
            let mut few: Few<Count> = parse(json.as_bytes()).unwrap();
            assert_eq!(few.is_empty(), items.is_empty());
            let read: Vec<Option<u64>> = few.iter_mut().map(|count| count.0).collect();
            assert_eq!(read, items, "{json}");
        }
        assert!(parse::<Few<Count>>(b"[1").is_err());
    }
}
