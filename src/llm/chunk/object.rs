//! Parses JSON objects in place: a faster form of the part of serde that chunks need.
//!
//! Derived code compares keys as checked text, stores every field twice and moves each object out of its parent, which takes
//! half a microsecond for a usual chunk. Here keys are compared as bytes and values are written directly to their place.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Visitor};

/// A value that is parsed into its place. Absent fields keep their value, so values start as defaults.
pub(super) trait Fill<'de> {
    /// Parses the value.
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error>;
}

/// Parses a value into its place.
pub(super) struct InPlace<'p, T>(pub(super) &'p mut T);

impl<'de, T: Fill<'de>> DeserializeSeed<'de> for InPlace<'_, T> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.fill(deserializer)
    }
}

/// Finds the field of a key by its bytes, without a check for UTF-8.
pub(super) struct KeyOf<F, T>(F, PhantomData<T>);

impl<T, F: Fn(&[u8]) -> T> KeyOf<F, T> {
    #[inline]
    pub(super) fn new(find: F) -> Self {
        Self(find, PhantomData)
    }
}

impl<'de, T, F: Fn(&[u8]) -> T> DeserializeSeed<'de> for KeyOf<F, T> {
    type Value = T;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<T, F: Fn(&[u8]) -> T> Visitor<'_> for KeyOf<F, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    #[inline]
    fn visit_bytes<E>(self, key: &[u8]) -> Result<T, E> {
        Ok((self.0)(key))
    }

    #[inline]
    fn visit_str<E>(self, key: &str) -> Result<T, E> {
        Ok((self.0)(key.as_bytes()))
    }
}

/// Parses a whole JSON document.
#[inline]
pub(super) fn parse<'de, T: Fill<'de> + Default>(json: &'de [u8]) -> Result<T, serde_json::Error> {
    let mut value = T::default();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    value.fill(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Implements methods of a [`Visitor`]: values of these types count as absent. Servers write unexpected types in unimportant
/// fields, and a chunk must not be lost because of them.
macro_rules! as_nothing {
    ($($kind:ident)*) => {
        $($crate::llm::chunk::object::as_nothing!(@ $kind);)*
    };
    (@ null) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (@ bool) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (@ number) => {
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        $crate::llm::chunk::object::as_nothing!(@ negative);
        $crate::llm::chunk::object::as_nothing!(@ fraction);
    };
    (@ negative) => {
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (@ fraction) => {
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (@ text) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (@ list) => {
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
            serde::de::Visitor::visit_seq(serde::de::IgnoredAny, list)?;
            Ok(Self::Value::default())
        }
    };
    (@ object) => {
        fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            serde::de::Visitor::visit_map(serde::de::IgnoredAny, map)?;
            Ok(Self::Value::default())
        }
    };
}
pub(super) use as_nothing;

/// Implements [`Fill`] for types with `Deserialize`.
macro_rules! fill_by_value {
    ($($type:ty),*) => {
        $(impl<'de> $crate::llm::chunk::object::Fill<'de> for $type {
            #[inline]
            fn fill<D: serde::Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
                *self = serde::Deserialize::deserialize(deserializer)?;
                Ok(())
            }
        })*
    };
}
pub(super) use fill_by_value;

/// Declares a struct that is filled from a JSON object, and stays unchanged for any other value. Each field has its key; other
/// keys are skipped, and the last of two equal keys counts.
macro_rules! object {
    ($(#[$meta:meta])* $vis:vis struct $name:ident<'a, const KEEP: bool> { $($fields:tt)* }) => {
        object!(@ [$(#[$meta])* $vis struct $name] [<'a, const KEEP: bool>] [<'a, KEEP>] ['de: 'a, 'a, const KEEP: bool] $name { $($fields)* });
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident<'a> { $($fields:tt)* }) => {
        object!(@ [$(#[$meta])* $vis struct $name] [<'a>] [<'a>] ['de: 'a, 'a] $name { $($fields)* });
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($fields:tt)* }) => {
        object!(@ [$(#[$meta])* $vis struct $name] [] [] ['de] $name { $($fields)* });
    };
    (@ [$($head:tt)*] [$($declared:tt)*] [$($used:tt)*] [$($de:tt)*] $name:ident {
        $($key:literal => $field:ident: $type:ty,)*
    }) => {
        #[derive(Default)]
        #[allow(clippy::struct_field_names, reason = "fields are named as the APIs name them")]
        $($head)* $($declared)* {
            $(pub(in crate::llm::chunk) $field: $type,)*
        }

        impl<$($de)*> $crate::llm::chunk::object::Fill<'de> for $name $($used)* {
            #[inline]
            fn fill<D: serde::Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_any($crate::llm::chunk::object::InPlace(self))
            }
        }

        impl<$($de)*> serde::de::Visitor<'de> for $crate::llm::chunk::object::InPlace<'_, $name $($used)*> {
            type Value = ();

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            $crate::llm::chunk::object::as_nothing!(null bool number text list);

            #[inline]
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
                use $crate::llm::chunk::object::{InPlace, KeyOf};

                #[allow(non_camel_case_types, reason = "one variant for each field")]
                enum Key { $($field,)* Other }

                let find = |key: &[u8]| {
                    $(if key == $key.as_bytes() {
                        return Key::$field;
                    })*
                    Key::Other
                };
                while let Some(key) = map.next_key_seed(KeyOf::new(find))? {
                    match key {
                        $(Key::$field => map.next_value_seed(InPlace(&mut self.0.$field))?,)*
                        Key::Other => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(())
            }
        }
    };
}
pub(super) use object;
