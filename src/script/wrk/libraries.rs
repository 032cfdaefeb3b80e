//! The additional Lua libraries of wrk scripts: files, and other Lua files.

use std::path::Path;

use mlua::{Function, Lua, StdLib, Table, Value};

use super::super::modules::debug_function;
use super::super::{args, chunk, files};
use super::socket;

/// Adds `io`, `os` with this `exit`, `dofile` and `loadfile` to the state.
pub(super) fn install(lua: &Lua, exit: Function) -> mlua::Result<()> {
    let globals = lua.globals();
    // These print through the console, in order with `print`, and use the variables of the script.
    let (io, os): (Table, Table) = (globals.get("io")?, globals.get("os")?);
    let own = |table: &Table, name: &str| table.raw_get::<Value>(name);
    let printing = ["write", "stdout", "stderr"].map(|name| (name, own(&io, name)));
    let getenv = own(&os, "getenv")?;
    // Lua would fill existing tables.
    globals.raw_remove("io")?;
    globals.raw_remove("os")?;
    lua.load_std_libs(StdLib::IO | StdLib::OS)?;
    let (io, os): (Table, Table) = (globals.raw_get("io")?, globals.raw_get("os")?);
    for (name, value) in printing {
        io.raw_set(name, value?)?;
    }
    os.raw_set("getenv", getenv)?;
    os.raw_set("exit", exit)?;
    globals.raw_set(
        "loadfile",
        lua.create_function(|lua, path: String| load_file(lua, &path))?,
    )?;
    globals.raw_set(
        "dofile",
        lua.create_function(|lua, path: String| {
            load_file(lua, &path)?.call::<mlua::MultiValue>(())
        })?,
    )?;
    socket::install(lua)
}

fn load_file(lua: &Lua, path: &str) -> mlua::Result<Function> {
    let text = files::read_whole(Path::new(path))
        .map_err(|error| args::misuse("loadfile", format!("cannot read {path}: {error}")))?;
    chunk::text(lua, text, &format!("@{path}"))
}

/// The number of parameters of a function; `usize::MAX` for a vararg function.
pub(super) fn parameters(lua: &Lua, function: &Function) -> mlua::Result<usize> {
    let info: Table = debug_function(lua, "getinfo")?.call((function, "u"))?;
    if info.get::<Option<bool>>("isvararg")? != Some(false) {
        return Ok(usize::MAX);
    }
    Ok(info.get::<Option<usize>>("nparams")?.unwrap_or(usize::MAX))
}
