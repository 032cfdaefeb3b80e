//! JSON texts that look alike, decoded by code made for their look.
//!
//! The events of a stream repeat a few shapes: the same keys, nesting and kinds of values. For a shape that has come often
//! enough, a Lua function is written that makes its tables with constructors. Of a text only the values are then handed
//! to Lua, through the FFI; function, callback and tables compile into one trace, so what a callback does not look at is
//! never made. Everything else is decoded as always.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// A shape gets a function once it has come so often.
const OFTEN: u32 = 8;
/// So many shapes are remembered.
const MAX_SHAPES: usize = 64;
/// A text that is longer, has more values or is nested deeper has none.
const MAX_BYTES: usize = 64 * 1024;
const MAX_VALUES: usize = 100;
const MAX_DEPTH: usize = 16;

/// A value of a text; what is none of the two is part of the shape. The layout is declared again in sse.lua.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Leaf {
    number: f64,
    /// A string is a piece of [`Shapes::texts`].
    offset: u32,
    length: u32,
}

/// The shapes that one Lua state has seen.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    known: HashMap<Vec<u8>, Known>,
    /// Of the text that was read last: its shape, its numbers and strings, their bytes.
    shape: Vec<u8>,
    leaves: Vec<Leaf>,
    texts: Vec<u8>,
}

#[derive(Debug)]
struct Known {
    number: u32,
    seen: u32,
}

/// What a text is to its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// It has the shape of this number, whose function is there.
    Known(u32),
    /// It has the shape of this number, which has now come often enough.
    New(u32),
    /// It is to be decoded as always.
    Plain,
}

impl Shapes {
    /// Reads a text. Unless it is [`Found::Plain`], its values are in [`Shapes::leaves`] and [`Shapes::texts`] until the
    /// next one is read.
    pub(crate) fn read(&mut self, json: &[u8]) -> Found {
        self.shape.clear();
        self.leaves.clear();
        self.texts.clear();
        if json.len() > MAX_BYTES {
            return Found::Plain;
        }
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let look = Look {
            shapes: self,
            depth: 0,
        };
        if look.deserialize(&mut deserializer).is_err() || deserializer.end().is_err() {
            return Found::Plain;
        }
        let number = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        let Some(known) = self.known.get_mut(&self.shape) else {
            if self.known.len() < MAX_SHAPES {
                self.known
                    .insert(self.shape.clone(), Known { number, seen: 1 });
            }
            return Found::Plain;
        };
        known.seen = known.seen.saturating_add(1);
        match known.seen.cmp(&OFTEN) {
            std::cmp::Ordering::Less => Found::Plain,
            std::cmp::Ordering::Equal => Found::New(known.number),
            std::cmp::Ordering::Greater => Found::Known(known.number),
        }
    }

    pub(crate) fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    pub(crate) fn texts(&self) -> &[u8] {
        &self.texts
    }

    /// Lua that gives the function for the shape of the text that was read last. It is called with `json.null` and
    /// `ffi.string`; the function takes pointers to leaves and texts.
    pub(crate) fn code(&self) -> String {
        let mut code = String::from("local null, text = ... return function(l, t) return ");
        write_value(&mut &*self.shape, &mut 0, &mut code);
        code += " end";
        code
    }

    fn string(&mut self, text: &str) -> Leaf {
        let offset = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.extend_from_slice(text.as_bytes());
        Leaf {
            number: 0.0,
            offset,
            length: u32::try_from(text.len()).unwrap_or(u32::MAX),
        }
    }
}

/// Writes the constructor of the value at which `shape` begins, and moves it behind that.
fn write_value(shape: &mut &[u8], leaf: &mut usize, code: &mut String) {
    let mut next = || {
        let (first, rest) = shape.split_first()?;
        *shape = rest;
        Some(*first)
    };
    match next() {
        Some(b's') => {
            let _ = write!(code, "(text(t + l[{leaf}].offset, l[{leaf}].length))");
            *leaf += 1;
        }
        Some(b'n') => {
            let _ = write!(code, "l[{leaf}].number");
            *leaf += 1;
        }
        Some(b't') => *code += "true",
        Some(b'f') => *code += "false",
        Some(b'[') => {
            *code += "{";
            while shape.first().is_some_and(|mark| *mark != b']') {
                write_value(shape, leaf, code);
                *code += ",";
            }
            *shape = shape.get(1..).unwrap_or_default();
            *code += "}";
        }
        Some(b'{') => {
            *code += "{";
            while shape.first().is_some_and(|mark| *mark != b'}') {
                write_key(shape, code);
                write_value(shape, leaf, code);
                *code += ",";
            }
            *shape = shape.get(1..).unwrap_or_default();
            *code += "}";
        }
        _ => *code += "null",
    }
}

/// A key stands in a shape as `k`, its length in four bytes, and itself.
fn write_key(shape: &mut &[u8], code: &mut String) {
    let length = shape.get(1..5).and_then(|bytes| bytes.try_into().ok());
    let length = length.map_or(0, u32::from_le_bytes) as usize;
    let key = shape.get(5..5 + length).unwrap_or_default();
    *code += "[\"";
    for byte in key {
        if byte.is_ascii_alphanumeric() || *byte == b'_' {
            code.push(char::from(*byte));
        } else {
            let _ = write!(code, "\\{byte:03}");
        }
    }
    *code += "\"]=";
    *shape = shape.get(5 + length..).unwrap_or_default();
}

/// Looks at a value.
struct Look<'a> {
    shapes: &'a mut Shapes,
    depth: usize,
}

impl Look<'_> {
    fn leaf<E: serde::de::Error>(self, kind: u8, leaf: Leaf) -> Result<(), E> {
        if self.shapes.leaves.len() == MAX_VALUES {
            return Err(E::custom("too many values"));
        }
        self.shapes.leaves.push(leaf);
        self.mark(kind)
    }

    /// Nothing but a mark in the shape, which may not grow without end either.
    fn mark<E: serde::de::Error>(self, kind: u8) -> Result<(), E> {
        if self.shapes.shape.len() > 64 * MAX_VALUES || self.depth > MAX_DEPTH {
            return Err(E::custom("too large a shape"));
        }
        self.shapes.shape.push(kind);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.mark(b'z')
    }

    fn visit_bool<E: serde::de::Error>(self, b: bool) -> Result<(), E> {
        self.mark(if b { b't' } else { b'f' })
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        let leaf = Leaf {
            number,
            ..Leaf::default()
        };
        self.leaf(b'n', leaf)
    }

    #[expect(clippy::cast_precision_loss, reason = "LuaJIT numbers are doubles")]
    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.visit_f64(number as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "LuaJIT numbers are doubles")]
    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        self.visit_f64(number as f64)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        let leaf = self.shapes.string(text);
        self.leaf(b's', leaf)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let (shapes, depth) = (self.shapes, self.depth + 1);
        Look { shapes, depth }.mark(b'[')?;
        while seq.next_element_seed(Look { shapes, depth })?.is_some() {}
        Look { shapes, depth }.mark(b']')
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (shapes, depth) = (self.shapes, self.depth + 1);
        Look { shapes, depth }.mark(b'{')?;
        while map.next_key_seed(Key(&mut shapes.shape))?.is_some() {
            map.next_value_seed(Look { shapes, depth })?;
        }
        Look { shapes, depth }.mark(b'}')
    }
}

/// Looks at a key.
struct Key<'a>(&'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<(), E> {
        let length = u32::try_from(key.len()).map_err(E::custom)?;
        self.0.push(b'k');
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(key.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
