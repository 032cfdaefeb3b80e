//! Finds the shape of a JSON text: the text with a mark in place of each string and number.

use super::values::{ShapeValues, plain_bytes};

/// Marks a string. JSON texts contain this byte only inside strings, if at all.
pub(super) const STRING: u8 = 1;
/// Marks a number.
pub(super) const NUMBER: u8 = 2;

/// The complete decoder handles longer shapes and deeper texts.
const MAX_SHAPE: usize = 4096;
const MAX_DEPTH: usize = 16;

/// Appends the shape of `json` to `shape` and its values to `values`; `None` if it is invalid or too large.
pub(super) fn scan(json: &[u8], shape: &mut Vec<u8>, values: &mut ShapeValues) -> Option<()> {
    let mut scan = Scan {
        rest: json,
        shape,
        values,
    };
    scan.value(0)?;
    scan.space();
    scan.rest.is_empty().then_some(())
}

struct Scan<'a> {
    rest: &'a [u8],
    shape: &'a mut Vec<u8>,
    values: &'a mut ShapeValues,
}

impl Scan<'_> {
    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH || self.shape.len() > MAX_SHAPE {
            return None;
        }
        self.space();
        match self.rest.first()? {
            b'"' => {
                self.rest = self.values.take_string(self.rest)?;
                self.shape.push(STRING);
            }
            b'{' => self.items(b"}", depth, |scan| {
                scan.key()?;
                scan.space();
                scan.keep(b":")
            })?,
            b'[' => self.items(b"]", depth, |_| Some(()))?,
            b't' => self.keep(b"true")?,
            b'f' => self.keep(b"false")?,
            b'n' => self.keep(b"null")?,
            _ => {
                self.rest = self.values.take_number(self.rest)?;
                self.shape.push(NUMBER);
            }
        }
        Some(())
    }

    /// The values of an array or object; `before` reads what precedes each of them.
    fn items(
        &mut self,
        close: &[u8],
        depth: usize,
        before: impl Fn(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.keep_bytes(1)?;
        self.space();
        if self.rest.starts_with(close) {
            return self.keep(close);
        }
        loop {
            before(self)?;
            self.value(depth + 1)?;
            self.space();
            if self.rest.starts_with(close) {
                return self.keep(close);
            }
            self.keep(b",")?;
        }
    }

    /// A key is part of the shape. The complete decoder handles keys with escapes.
    fn key(&mut self) -> Option<()> {
        self.space();
        self.keep(b"\"")?;
        self.keep_bytes(plain_bytes(self.rest))?;
        self.keep(b"\"")
    }

    fn space(&mut self) {
        let space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let n = self.rest.iter().take_while(space).count();
        let _ = self.keep_bytes(n);
    }

    fn keep(&mut self, text: &[u8]) -> Option<()> {
        self.rest.starts_with(text).then_some(())?;
        self.keep_bytes(text.len())
    }

    fn keep_bytes(&mut self, n: usize) -> Option<()> {
        let (kept, rest) = self.rest.split_at_checked(n)?;
        self.shape.extend_from_slice(kept);
        self.rest = rest;
        Some(())
    }
}
