//! Where a state had no memory left: LuaJIT gives that error neither a place nor a traceback.

use mlua::{Error, Function, Lua, LuaString, StdLib, Table, Thread, Value};

use super::state::MEMORY_LIMIT;

/// Adds the traceback of `thread`, which `error` has ended, if that is an error of memory.
pub(crate) fn located(lua: &Lua, thread: &Thread, error: Error) -> Error {
    let Error::MemoryError(text) = &error else {
        return error;
    };
    match traceback(lua, thread) {
        Ok(traceback) => Error::MemoryError(format!("{text}\n{traceback}")),
        Err(_) => error,
    }
}

/// The stack of a coroutine that has failed is still there; `debug.traceback` reads it.
fn traceback(lua: &Lua, thread: &Thread) -> mlua::Result<String> {
    // A full state has no room for the text either.
    lua.set_memory_limit(0)?;
    let text = debug(lua).and_then(|debug| {
        let traceback: Function = debug.raw_get("traceback")?;
        let text: LuaString = traceback.call(thread)?;
        Ok(text.to_string_lossy())
    });
    lua.set_memory_limit(MEMORY_LIMIT)?;
    text
}

/// Lua's own `debug`, of which scripts never get hold.
fn debug(lua: &Lua) -> mlua::Result<Table> {
    let globals = lua.globals();
    let scripts: Value = globals.raw_get("debug")?;
    lua.load_std_libs(StdLib::DEBUG)?;
    let debug = globals.raw_get("debug")?;
    globals.raw_set("debug", scripts)?;
    Ok(debug)
}
