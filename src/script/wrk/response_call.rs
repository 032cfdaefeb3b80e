//! Calls `response` with the headers as a table.
//!
//! The headers of a server differ little between responses. Therefore a Lua function is generated with the table of headers as
//! a constant, which LuaJIT copies in one step; the values that have differed are its parameters. Scripts still get a new table
//! with each call, which they may keep or change.

use std::fmt::Write as _;
use std::ops::Range;

use mlua::{Function, Lua, LuaString, Table, Value, Variadic};

use super::super::chunk::{self, quote};
use super::super::error::PRELUDE;
use crate::wrk::each_header;

/// The maximum number of parameters for values that differ.
const MOST_VARYING: usize = 32;
/// The maximum number of templates for a server whose heads have nothing in common.
const MOST_ATTEMPTS: u32 = 64;

/// Calls `response`.
pub(super) struct ResponseCaller {
    /// Calls it with the given arguments.
    plain: Function,
    form: Option<HeadTemplate>,
    attempts: u32,
    headers: bool,
    body: bool,
}

/// The common part of heads.
struct HeadTemplate {
    /// Names and values in their order; `None` for a value that differs.
    headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// Calls `response` with status, body and the values that differ.
    call: Function,
    /// The last head, and the ranges of these values in it.
    last: Vec<u8>,
    varying: Vec<Range<usize>>,
}

impl ResponseCaller {
    /// `parameters` is the number of parameters of the script's `response`; only those are created.
    pub(super) fn new(lua: &Lua, parameters: usize) -> mlua::Result<Self> {
        let source = "return function(...) return response(...) end";
        Ok(Self {
            plain: compile(lua, source)?,
            form: None,
            attempts: 0,
            headers: parameters > 1,
            body: parameters > 2,
        })
    }

    /// Whether the script uses headers.
    pub(super) fn wants_headers(&self) -> bool {
        self.headers
    }

    /// Whether the script uses bodies.
    pub(super) fn wants_body(&self) -> bool {
        self.body
    }

    /// Calls `response(status, headers, body)`.
    pub(super) fn call(
        &mut self,
        lua: &Lua,
        status: u16,
        head: &[u8],
        body: &[u8],
    ) -> mlua::Result<()> {
        if !self.headers {
            return self.plain.call(status);
        }
        let body = if self.body {
            Value::String(lua.create_string(body)?)
        } else {
            Value::Nil
        };
        if !self.form.as_mut().is_some_and(|form| form.fits(head)) && !self.learn(lua, head)? {
            return self.plain.call((status, table(lua, head)?, body));
        }
        let Some(form) = &self.form else {
            return Ok(());
        };
        match &form.varying[..] {
            [] => form.call.call((status, body)),
            [one] => form
                .call
                .call((status, body, lua.create_string(&head[one.clone()])?)),
            several => {
                let text = |range: &Range<usize>| lua.create_string(&head[range.clone()]);
                let values = several.iter().map(text);
                let values: Variadic<LuaString> = values.collect::<mlua::Result<_>>()?;
                form.call.call((status, body, values))
            }
        }
    }

    /// Creates a template from this head and the previous template. Returns whether there is one.
    fn learn(&mut self, lua: &Lua, head: &[u8]) -> mlua::Result<bool> {
        let before = self.form.take();
        if self.attempts >= MOST_ATTEMPTS {
            return Ok(false);
        }
        self.attempts += 1;
        let mut headers: Vec<(Vec<u8>, Option<Vec<u8>>)> = Vec::new();
        each_header(head, |name, value| {
            headers.push((name.as_bytes().to_vec(), Some(value.to_vec())));
        });
        if let Some(before) = before {
            let same = |(a, b): (&(Vec<u8>, _), &(Vec<u8>, _))| a.0 == b.0;
            let alike = before.headers.len() == headers.len()
                && before.headers.iter().zip(&headers).all(same);
            for (was, is) in before.headers.iter().zip(&mut headers).filter(|_| alike) {
                if was.1 != is.1 {
                    is.1 = None;
                }
            }
        }
        let varying = headers.iter().filter(|header| header.1.is_none()).count();
        if varying > MOST_VARYING {
            return Ok(false);
        }
        let call = compile(lua, &source(&headers))?;
        let mut form = HeadTemplate {
            headers,
            call,
            last: Vec::new(),
            varying: Vec::new(),
        };
        let fits = form.fits(head);
        self.form = Some(form);
        Ok(fits)
    }
}

impl HeadTemplate {
    /// Whether a head matches the template; if so, stores the ranges of its varying values.
    fn fits(&mut self, head: &[u8]) -> bool {
        if !self.last.is_empty() && self.last == head {
            return true;
        }
        self.last.clear();
        self.varying.clear();
        let start = head.as_ptr().addr();
        let mut expected = self.headers.iter();
        let mut fits = true;
        let varying = &mut self.varying;
        each_header(head, |name, value| {
            fits = fits
                && match expected.next() {
                    Some((known, constant)) if known == name.as_bytes() => {
                        if constant.is_none() {
                            let from = value.as_ptr().addr() - start;
                            varying.push(from..from + value.len());
                        }
                        constant.as_ref().is_none_or(|constant| constant == value)
                    }
                    _ => false,
                };
        });
        fits = fits && expected.next().is_none();
        if fits {
            self.last.extend_from_slice(head);
        }
        fits
    }
}

fn table(lua: &Lua, head: &[u8]) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, 16)?;
    let mut result = Ok(());
    each_header(head, |name, value| {
        if result.is_ok() {
            result = lua
                .create_string(value)
                .and_then(|value| table.raw_set(name, value));
        }
    });
    result.map(|()| table)
}

/// A function of status, body and the varying values; all others are constants in it. If a name repeats, the
/// last value counts, as in a table that is filled.
fn source(headers: &[(Vec<u8>, Option<Vec<u8>>)]) -> String {
    let mut parameters = String::new();
    let mut table = String::new();
    for (i, (name, value)) in headers.iter().enumerate() {
        table.push('[');
        quote(&mut table, name);
        table.push_str("]=");
        if let Some(value) = value {
            quote(&mut table, value);
        } else {
            let _ = write!(parameters, ", v{i}");
            let _ = write!(table, "v{i}");
        }
        table.push(',');
    }
    format!(
        "return function(status, body{parameters}) return response(status, {{{table}}}, body) end"
    )
}

fn compile(lua: &Lua, source: &str) -> mlua::Result<Function> {
    chunk::text(lua, source, &format!("={PRELUDE} response"))?.call(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> Lua {
        let lua = Lua::new();
        let script = "calls = {} function response(status, headers, body) \
                      calls[#calls + 1] = { status, headers, body } end";
        lua.load(script).exec().unwrap();
        lua
    }

    /// The values of X and Y that `response` received for these heads, in order.
    fn told(heads: &[&str]) -> String {
        let lua = state();
        let mut responses = ResponseCaller::new(&lua, 2).unwrap();
        for head in heads {
            let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
            responses.call(&lua, 200, head.as_bytes(), b"").unwrap();
        }
        let told = "local t = {} for i, call in ipairs(calls) do \
                    t[i] = tostring(call[2].X) .. tostring(call[2].Y) end return table.concat(t, ' ')";
        lua.load(told).eval().unwrap()
    }

    #[test]
    fn each_call_has_its_own_table() {
        let lua = state();
        let mut responses = ResponseCaller::new(&lua, 3).unwrap();
        let head = b"HTTP/1.1 200 OK\r\nServer: a\r\nX-Odd: \"\\\xff]]\r\nServer: b\r\n\r\n";
        for _ in 0..4 {
            responses.call(&lua, 200, head, b"body").unwrap();
        }
        let check = r#"
            for i, call in ipairs(calls) do
                local headers = call[2]
                assert(call[1] == 200 and call[3] == "body")
                assert(headers.Server == "b" and headers["X-Odd"] == '"\\\255]]', headers["X-Odd"])
                headers.Server = "changed"
            end
            return #calls
        "#;
        assert_eq!(lua.load(check).eval::<usize>().unwrap(), 4);
    }

    #[test]
    fn values_that_differ_are_passed() {
        let heads = [
            "X: 1\r\nY: a",
            "X: 1\r\nY: a",
            "X: 2\r\nY: a",
            "X: 3\r\nY: a",
            "X: 3\r\nY: b",
            "X: 4\r\nY: c",
            "X: 4\r\nY: c",
        ];
        assert_eq!(told(&heads), "1a 1a 2a 3a 3b 4c 4c");
    }

    #[test]
    fn heads_with_other_headers_are_passed() {
        let heads = [
            "X: 1",
            "Y: 1",
            "X: 1\r\nY: 2",
            "Y: 2\r\nX: 1",
            "",
            "X: 5",
            "X: 5\r\nX: 6",
        ];
        assert_eq!(told(&heads), "1nil nil1 12 12 nilnil 5nil 6nil");
        let many: Vec<String> = (0..200).map(|i| format!("X: {i}\r\nZ{i}: z")).collect();
        let heads: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(told(&heads).ends_with("198nil 199nil"));
        let many = (0..3).map(|n| format!("A: {n}\r\n").repeat(50) + &format!("X: {n}"));
        let many: Vec<String> = many.collect();
        let heads: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(told(&heads), "0nil 1nil 2nil");
    }

    #[test]
    fn unused_arguments_of_response_are_not_created() {
        let lua = state();
        let mut responses = ResponseCaller::new(&lua, 1).unwrap();
        assert!(!responses.wants_headers() && !responses.wants_body());
        responses.call(&lua, 404, b"", b"").unwrap();
        let told: bool = lua
            .load("return calls[1][1] == 404 and calls[1][2] == nil")
            .eval()
            .unwrap();
        assert!(told);
    }
}
