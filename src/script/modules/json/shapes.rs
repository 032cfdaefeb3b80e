//! Decodes JSON texts of the same shape with generated code.
//!
//! The events of a stream repeat a few shapes: the same text but for the strings and numbers in it. So the next text is first
//! held against the shapes of the last ones, which is a comparison of bytes from value to value; only what is new is taken
//! apart. For a shape, a Lua function is written that makes its tables with constructors. Of a text only the values are handed
//! to Lua, through the FFI; function, callback and tables compile into one trace, so what a callback does not look at is
//! never made. What has no shape is decoded as always.
//!
//! All VUs of a thread share what is known: they ask one after the other.

mod entry;
mod maker;
mod scan;
mod values;

use std::collections::HashMap;

use self::scan::{NUMBER, STRING};
use self::values::{Leaf, Values};

pub(crate) use self::entry::{code, entry};

/// So many shapes are remembered.
const MAX_SHAPES: usize = 64;
/// A longer text has none.
const MAX_BYTES: usize = 64 * 1024;

/// The shapes of the texts that came so far.
#[derive(Debug, Default)]
struct Shapes {
    known: Vec<Shape>,
    numbers: HashMap<Vec<u8>, usize>,
    /// The two that came last; streams often alternate.
    last: [usize; 2],
    values: Values,
    /// For the shape of a text that is taken apart.
    scratch: Vec<u8>,
}

/// A shape, cut at its values.
#[derive(Debug)]
struct Shape {
    text: Box<[u8]>,
    /// Where the mark of each value stands.
    marks: Box<[usize]>,
}

impl Shapes {
    /// The number of the text's shape; its values are in [`Shapes::leaves`] until the next text is read. `None` for a text
    /// that is to be decoded as always.
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

    /// The values of the text that was read last.
    fn leaves(&self) -> &[Leaf] {
        self.values.leaves()
    }

    /// Lua that gives the function for the shape of this number, see [`maker::code`].
    fn code(&self, number: usize) -> Option<String> {
        Some(maker::code(&self.known.get(number)?.text))
    }

    /// Takes the values of a text that has the shape of this number.
    fn fits(&mut self, json: &[u8], number: usize) -> bool {
        self.values.begin(json.len());
        self.known
            .get(number)
            .and_then(|shape| shape.take(json, &mut self.values))
            .is_some()
    }

    /// Takes a text apart and looks its shape up.
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
        self.known.push(Shape::new(&self.scratch));
        self.numbers.insert(self.scratch.clone(), number);
        Some(number)
    }
}

impl Shape {
    fn new(text: &[u8]) -> Self {
        Self {
            text: text.into(),
            marks: memchr::memchr2_iter(STRING, NUMBER, text).collect(),
        }
    }

    /// Takes the values of `json`, if it is of this shape.
    fn take(&self, json: &[u8], values: &mut Values) -> Option<()> {
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

/// Whether a text is told apart by its shape, once shapes like it have come often enough.
#[cfg(any(test, fuzzing))]
pub(crate) fn has_shape(text: &[u8]) -> bool {
    let mut shapes = Shapes::default();
    (0..10).any(|_| shapes.read(text).is_some())
}

#[cfg(test)]
mod tests;
