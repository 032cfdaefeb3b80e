//! Lua code that is part of ssel.

use std::sync::OnceLock;

use mlua::{FromLuaMulti, Function, Lua, LuaString, Table};

use super::chunk;
use super::error::PRELUDE;
use super::state::base;

/// A file of Lua code. It is parsed once per process and kept as bytecode, without line numbers and names of locals: no
/// traceback shows them, and each state would hold them.
pub(crate) struct Bundled {
    name: &'static str,
    source: &'static str,
    bytecode: OnceLock<Vec<u8>>,
}

impl Bundled {
    pub(crate) const fn new(name: &'static str, source: &'static str) -> Self {
        let bytecode = OnceLock::new();
        Self {
            name,
            source,
            bytecode,
        }
    }

    /// The code as a function.
    pub(crate) fn function(&self, lua: &Lua) -> mlua::Result<Function> {
        let bytecode = if let Some(bytecode) = self.bytecode.get() {
            bytecode
        } else {
            let parsed = self.parse()?;
            self.bytecode.get_or_init(|| parsed)
        };
        chunk::bytecode(lua, bytecode, &self.chunk_name())
    }

    /// Runs the code with its Rust functions and those of prelude/base.lua.
    pub(crate) fn run<R: FromLuaMulti>(&self, lua: &Lua, native: Table) -> mlua::Result<R> {
        self.function(lua)?.call((native, base(lua)?))
    }

    /// Uses a Lua state with `string.dump`, which omits debug information; mlua's `Function::dump` cannot do that with LuaJIT.
    fn parse(&self) -> mlua::Result<Vec<u8>> {
        let parser = Lua::new();
        let function = chunk::text(&parser, self.source, &self.chunk_name())?;
        let dump: Function = parser.globals().get::<Table>("string")?.get("dump")?;
        let stripped: LuaString = dump.call((function, true))?;
        Ok(stripped.as_bytes().to_vec())
    }

    fn chunk_name(&self) -> String {
        format!("={PRELUDE} {}", self.name)
    }
}
