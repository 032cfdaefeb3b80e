//! Decodes JSON texts of the same shape with generated code.
//!
//! The events of a stream repeat a few shapes: texts that differ only in their strings and numbers. Each text is compared with
//! the shapes of the last texts, byte by byte between the values; only a new shape is parsed. For each frequent shape, a Lua
//! function is generated that builds the tables with constructors. Only the values pass to Lua, through the FFI. The function,
//! the callback and the tables compile into one trace, so values that a callback does not read are never created. Texts without
//! a shape take the usual decoder.
//!
//! All VUs of a thread share the shapes, because only one of them runs at a time.

mod codegen;
mod ffi;
mod scan;
mod values;

use std::collections::HashMap;

use self::scan::{NUMBER, STRING};
use self::values::{Leaf, ShapeValues};

pub(crate) use self::ffi::{code, entry};

/// The maximum number of shapes.
const MAX_SHAPES: usize = 64;
/// Longer texts have no shape.
const MAX_BYTES: usize = 64 * 1024;

/// The known shapes.
#[derive(Debug, Default)]
struct Shapes {
    known: Vec<JsonShape>,
    numbers: HashMap<Vec<u8>, usize>,
    /// The last two shapes, because streams often alternate.
    last: [usize; 2],
    values: ShapeValues,
    /// The shape of the text that is being parsed.
    scratch: Vec<u8>,
}

/// A shape, split at its values.
#[derive(Debug)]
struct JsonShape {
    text: Box<[u8]>,
    /// The positions of the marks of its values.
    marks: Box<[usize]>,
}

impl Shapes {
    /// The number of the text's shape. Its values are in [`Shapes::leaves`] until the next text is read. `None` if the usual
    /// decoder has to decode the text.
    fn read(&mut self, json: &[u8]) -> Option<usize> {
        if json.len() > MAX_BYTES || std::str::from_utf8(json).is_err() {
            return None;
        }
        let [last, before] = self.last;
        let number = if self.fits(json, last) {
            return Some(last);
        } else if self.fits(json, before) {
            before
        } else {
            self.find(json)?
        };
        self.last = [number, last];
        Some(number)
    }

    /// The values of the last text.
    fn leaves(&self) -> &[Leaf] {
        self.values.leaves()
    }

    /// Lua code that returns the function for the shape of this number, see [`codegen::code`].
    fn code(&self, number: usize) -> Option<String> {
        Some(codegen::code(&self.known.get(number)?.text))
    }

    /// Reads the values of a text that has the shape of this number.
    fn fits(&mut self, json: &[u8], number: usize) -> bool {
        self.values.begin(json.len());
        self.known
            .get(number)
            .and_then(|shape| shape.take(json, &mut self.values))
            .is_some()
    }

    /// Parses a text and looks its shape up.
    fn find(&mut self, json: &[u8]) -> Option<usize> {
        self.values.begin(json.len());
        self.scratch.clear();
        scan::scan(json, &mut self.scratch, &mut self.values)?;
        if let Some(number) = self.numbers.get(&self.scratch) {
            return Some(*number);
        }
        let number = self.known.len();
        if number == MAX_SHAPES {
            return None;
        }
        self.known.push(JsonShape::new(&self.scratch));
        self.numbers.insert(self.scratch.clone(), number);
        Some(number)
    }
}

impl JsonShape {
    fn new(text: &[u8]) -> Self {
        Self {
            text: text.into(),
            marks: memchr::memchr2_iter(STRING, NUMBER, text).collect(),
        }
    }

    /// Reads the values of `json` if it has this shape.
    fn take(&self, json: &[u8], values: &mut ShapeValues) -> Option<()> {
        let mut rest = json;
        let mut start = 0;
        for &mark in &self.marks {
            rest = rest.strip_prefix(self.text.get(start..mark)?)?;
            rest = if self.text[mark] == STRING {
                values.take_string(rest)?
            } else {
                values.take_number(rest)?
            };
            start = mark + 1;
        }
        (rest == self.text.get(start..)?).then_some(())
    }
}

/// Whether a text gets a shape.
#[cfg(any(test, fuzzing))]
pub(crate) fn has_shape(text: &[u8]) -> bool {
    let mut shapes = Shapes::default();
    (0..10).any(|_| shapes.read(text).is_some())
}

#[cfg(test)]
mod tests;
