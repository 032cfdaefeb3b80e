//! Calling `response` with the headers as a table, cheaply.
//!
//! A server's heads are mostly the same from one response to the next. When one comes a second time in a row, a Lua
//! function is made with its table as a constant: LuaJIT then copies that table in one step. Scripts get a new table
//! with each call all the same, and may keep or change it.

use std::fmt::Write as _;

use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, Table, Value};

use super::super::error::PRELUDE;
use crate::wrk::each_header;

/// Calls `response`.
pub(super) struct Responses {
    /// Calls it with the arguments that it is given.
    plain: Function,
    /// The head of the last response.
    last: Vec<u8>,
    /// What calls it with the table of that head, once it has come twice.
    made: Option<Function>,
    headers: bool,
    body: bool,
}

impl Responses {
    /// `parameters` is how many arguments the script's `response` takes; what it does not take is not made.
    pub(super) fn new(lua: &Lua, parameters: usize) -> mlua::Result<Self> {
        let source = "return function(...) return response(...) end";
        Ok(Self {
            plain: compile(lua, source)?,
            last: Vec::new(),
            made: None,
            headers: parameters > 1,
            body: parameters > 2,
        })
    }

    /// Whether headers are looked at.
    pub(super) fn wants_headers(&self) -> bool {
        self.headers
    }

    /// Whether bodies are looked at.
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
        if head != self.last {
            self.last.clear();
            self.last.extend_from_slice(head);
            self.made = None;
            return self.plain.call((status, table(lua, head)?, body));
        }
        let made = match &self.made {
            Some(made) => made,
            None => self.made.insert(compile(lua, &source(head))?),
        };
        made.call((status, body))
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

/// A function of status and body with the table as a constant in it. Of a name that comes again, the last value counts,
/// as in a table that is filled.
fn source(head: &[u8]) -> String {
    let mut source = String::from("return function(status, body) return response(status, {");
    each_header(head, |name, value| {
        source.push('[');
        quote(&mut source, name.as_bytes());
        source.push_str("]=");
        quote(&mut source, value);
        source.push(',');
    });
    source.push_str("}, body) end");
    source
}

/// Bytes as a Lua string; all but letters, digits and blanks are written as numbers.
fn quote(source: &mut String, bytes: &[u8]) {
    source.push('"');
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || byte == b' ' {
            source.push(byte.into());
        } else {
            let _ = write!(source, "\\{byte:03}");
        }
    }
    source.push('"');
}

fn compile(lua: &Lua, source: &str) -> mlua::Result<Function> {
    lua.load(source)
        .set_name(format!("={PRELUDE} response"))
        .set_mode(ChunkMode::Text)
        .eval()
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

    #[test]
    fn each_call_has_a_table_of_its_own() {
        let lua = state();
        let mut responses = Responses::new(&lua, 3).unwrap();
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
    fn another_head_makes_another_table() {
        let lua = state();
        let mut responses = Responses::new(&lua, 2).unwrap();
        for value in ["1", "1", "1", "2", "3", "3"] {
            let head = format!("HTTP/1.1 200 OK\r\nX: {value}\r\n\r\n");
            responses.call(&lua, 200, head.as_bytes(), b"").unwrap();
        }
        let told = "local t = {} for i, call in ipairs(calls) do t[i] = call[2].X .. tostring(call[3]) end \
                    return table.concat(t, ' ')";
        let told: String = lua.load(told).eval().unwrap();
        assert_eq!(told, "1nil 1nil 1nil 2nil 3nil 3nil");
    }

    #[test]
    fn what_response_does_not_take_is_not_made() {
        let lua = state();
        let mut responses = Responses::new(&lua, 1).unwrap();
        assert!(!responses.wants_headers() && !responses.wants_body());
        responses.call(&lua, 404, b"", b"").unwrap();
        let told: bool = lua
            .load("return calls[1][1] == 404 and calls[1][2] == nil")
            .eval()
            .unwrap();
        assert!(told);
    }
}
