//! Generates the Lua code that decodes texts of one shape.

use std::fmt::Write as _;

use super::scan::{NUMBER, STRING};
use crate::script::chunk::quote;

/// Lua code that returns the function for a shape. The code is called with `json.null` and `ffi.string`, the function with the
/// address of a text's leaves.
pub(super) fn code(shape: &[u8]) -> String {
    let mut code = String::from("local null, text = ... return function(l) return ");
    let mut leaf = 0;
    let mut rest = shape;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match *first {
            STRING => {
                // The parentheses limit the call to one result.
                let _ = write!(code, "(text(l[{leaf}].text, l[{leaf}].length))");
                leaf += 1;
            }
            NUMBER => {
                let _ = write!(code, "l[{leaf}].number");
                leaf += 1;
            }
            b'"' => rest = key(after, &mut code),
            b'[' => code.push('{'),
            b']' => code.push('}'),
            b':' => code.push('='),
            other => code.push(char::from(other)),
        }
    }
    // `null` is a local of the generated code; `true` and `false` are the same in Lua.
    code += " end";
    code
}

/// Writes the key that ends at the next quote, and returns the rest.
fn key<'a>(shape: &'a [u8], code: &mut String) -> &'a [u8] {
    let end = memchr::memchr(b'"', shape).unwrap_or(shape.len());
    code.push('[');
    quote(code, &shape[..end]);
    code.push(']');
    shape.get(end + 1..).unwrap_or_default()
}
