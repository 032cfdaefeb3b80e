//! Encodes Lua values as JSON, with lua-cjson's rules for arrays and objects.

use std::fmt;

use mlua::{Lua, Table, Value};

use super::options::{JsonOptions, SparseArrays};
use super::{MAX_DEPTH, array_mark};
use crate::script::args;

/// A value that has no JSON form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotJson(String);

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<mlua::Error> for NotJson {
    fn from(error: mlua::Error) -> Self {
        Self(error.to_string())
    }
}

/// Appends `value` as JSON to `out`.
///
/// # Errors
/// Functions, userdata, NaN, infinities, excessively sparse arrays and too deep nesting.
pub(crate) fn encode(
    lua: &Lua,
    value: &Value,
    options: JsonOptions,
    out: &mut Vec<u8>,
) -> Result<(), NotJson> {
    let mark = array_mark(lua)?;
    JsonEncoder { mark, options, out }.value(value, 0)
}

struct JsonEncoder<'a> {
    mark: Table,
    options: JsonOptions,
    out: &'a mut Vec<u8>,
}

impl JsonEncoder<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), NotJson> {
        match value {
            Value::Nil => self.out.extend_from_slice(b"null"),
            Value::LightUserData(p) if p.0.is_null() => self.out.extend_from_slice(b"null"),
            Value::Boolean(b) => self
                .out
                .extend_from_slice(if *b { b"true" } else { b"false" }),
            Value::Integer(i) => self.out.extend_from_slice(i.to_string().as_bytes()),
            Value::Number(n) => self.number(*n)?,
            Value::String(s) => self.string(&s.as_bytes()),
            Value::Table(_) if depth >= MAX_DEPTH => {
                return Err(NotJson(
                    "the table contains itself or is nested too deep".into(),
                ));
            }
            Value::Table(table) => self.table(table, depth + 1)?,
            other => return Err(NotJson(format!("a {} has no JSON form", other.type_name()))),
        }
        Ok(())
    }

    /// Whole numbers have no fraction, as Lua prints them; others have as many digits as it takes to read them back.
    fn number(&mut self, n: f64) -> Result<(), NotJson> {
        if !n.is_finite() {
            return Err(NotJson(format!("the number {n} has no JSON form")));
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "guarded: a whole number below 2^53"
        )]
        if n.fract() == 0.0 && n.abs() < 9_007_199_254_740_992.0 {
            self.out
                .extend_from_slice((n as i64).to_string().as_bytes());
            return Ok(());
        }
        serde_json::to_writer(&mut *self.out, &n).map_err(|e| NotJson(e.to_string()))
    }

    /// Bytes that are not UTF-8 are written unchanged, as in lua-cjson.
    fn string(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        let mut clean = 0;
        for (i, &byte) in bytes.iter().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' && byte != 0x7f {
                continue;
            }
            self.out.extend_from_slice(&bytes[clean..i]);
            clean = i + 1;
            match byte {
                b'"' => self.out.extend_from_slice(b"\\\""),
                b'\\' => self.out.extend_from_slice(b"\\\\"),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                b'\t' => self.out.extend_from_slice(b"\\t"),
                other => self
                    .out
                    .extend_from_slice(format!("\\u{other:04x}").as_bytes()),
            }
        }
        self.out.extend_from_slice(&bytes[clean..]);
        self.out.push(b'"');
    }

    fn table(&mut self, table: &Table, depth: usize) -> Result<(), NotJson> {
        let marked = table
            .metatable()
            .is_some_and(|m| m.to_pointer() == self.mark.to_pointer());
        match array_length(table, marked, self.options.sparse)? {
            Some(0) if !marked && self.options.empty_is_object => {
                self.out.extend_from_slice(b"{}");
            }
            Some(length) => {
                self.out.push(b'[');
                for i in 1..=length {
                    if i > 1 {
                        self.out.push(b',');
                    }
                    self.value(&table.raw_get::<Value>(i)?, depth)?;
                }
                self.out.push(b']');
            }
            None => self.object(table, depth)?,
        }
        Ok(())
    }

    fn object(&mut self, table: &Table, depth: usize) -> Result<(), NotJson> {
        self.out.push(b'{');
        let mut first = true;
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair?;
            if !first {
                self.out.push(b',');
            }
            first = false;
            match &key {
                Value::String(s) => self.string(&s.as_bytes()),
                Value::Integer(_) | Value::Number(_) => {
                    self.out.push(b'"');
                    self.value(&key, depth)?;
                    self.out.push(b'"');
                }
                other => {
                    return Err(NotJson(format!(
                        "a {} cannot be a key in JSON",
                        other.type_name()
                    )));
                }
            }
            self.out.push(b':');
            self.value(&value, depth)?;
        }
        self.out.push(b'}');
        Ok(())
    }
}

/// The length of a table that is an array, or `None` for an object.
fn array_length(
    table: &Table,
    marked: bool,
    sparse: SparseArrays,
) -> Result<Option<usize>, NotJson> {
    let length = table.raw_len();
    let mut count = 0_usize;
    let mut max = 0;
    for pair in table.pairs::<Value, Value>() {
        match args::as_index(&pair?.0) {
            Some(index) => max = max.max(index),
            None if marked => continue,
            None => return Ok(None),
        }
        count += 1;
    }
    let SparseArrays {
        convert,
        ratio,
        safe,
    } = sparse;
    if ratio > 0 && max > safe && max > count.saturating_mul(ratio) {
        if convert {
            return Ok(None);
        }
        return Err(NotJson("the array is excessively sparse".into()));
    }
    Ok(Some(max.max(if marked { length } else { 0 })))
}
