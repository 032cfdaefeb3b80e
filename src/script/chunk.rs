//! Compiles Lua code, and writes Lua code.

use std::fmt::Write as _;

use mlua::chunk::ChunkMode;
use mlua::{Function, Lua};

/// Compiles Lua text. `name` is its name in messages, with Lua's prefix: `@` for a file, `=` for anything else.
pub(crate) fn text(lua: &Lua, code: impl AsRef<[u8]>, name: &str) -> mlua::Result<Function> {
    function(lua, code.as_ref(), name, ChunkMode::Text)
}

/// Loads bytecode that was compiled before.
pub(crate) fn bytecode(lua: &Lua, code: &[u8], name: &str) -> mlua::Result<Function> {
    function(lua, code, name, ChunkMode::Binary)
}

fn function(lua: &Lua, code: &[u8], name: &str, mode: ChunkMode) -> mlua::Result<Function> {
    lua.load(code).set_name(name).set_mode(mode).into_function()
}

/// Appends `bytes` as a Lua string. All bytes except letters, digits, blanks and `_` are escaped as numbers.
pub(crate) fn quote(code: &mut String, bytes: &[u8]) {
    code.push('"');
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || byte == b' ' || byte == b'_' {
            code.push(byte.into());
        } else {
            let _ = write!(code, "\\{byte:03}");
        }
    }
    code.push('"');
}
