//! The place at which a state ran out of memory. LuaJIT gives that error neither a place nor a traceback.

use mlua::{Error, Lua, LuaString, Thread};

use super::modules::debug_function;
use super::state::MEMORY_LIMIT;

/// Adds the traceback of `thread` to the error that ended it, if that is an error of memory.
pub(crate) fn located(lua: &Lua, thread: &Thread, error: Error) -> Error {
    let Error::MemoryError(text) = &error else {
        return error;
    };
    match traceback(lua, thread) {
        Ok(traceback) => Error::MemoryError(format!("{text}\n{traceback}")),
        Err(_) => error,
    }
}

/// The stack of a coroutine that has failed still exists; `debug.traceback` reads it.
fn traceback(lua: &Lua, thread: &Thread) -> mlua::Result<String> {
    // A full state has no room for the text either.
    lua.set_memory_limit(0)?;
    let text = debug_function(lua, "traceback")
        .and_then(|traceback| traceback.call::<LuaString>(thread))
        .map(|text| text.to_string_lossy());
    lua.set_memory_limit(MEMORY_LIMIT)?;
    text
}
