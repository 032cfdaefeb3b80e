//! The harmless parts of Lua's `os`, `io` and `debug`: clocks, printing, tracebacks. Files are read with `open`.

use std::rc::Rc;

use mlua::{Function, Lua, MetaMethod, StdLib, Table, Value, Variadic};

use super::super::context::Context;
use super::super::{args, state};

/// `os` without what ends the process, runs programs or changes files.
pub(crate) fn load_os(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    lua.load_std_libs(StdLib::OS)?;
    let full: Table = lua.globals().raw_get("os")?;
    let os = lua.create_table()?;
    for name in ["clock", "date", "difftime", "time"] {
        os.raw_set(name, full.raw_get::<Value>(name)?)?;
    }
    let ctx = Rc::clone(context);
    os.raw_set(
        "getenv",
        lua.create_function(move |_, name: Value| {
            Ok(ctx.variable(&args::text("os.getenv", "argument 1 (name)", &name)?))
        })?,
    )?;
    lua.globals().raw_set("os", &os)?;
    explain_absent(
        lua,
        &os,
        "os",
        "ssel keeps scripts from changing the machine; exec.test.abort ends a run",
    )
}

/// `io.write`, `io.stdout:write` and `io.stderr:write`.
pub(crate) fn load_io(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let io = lua.create_table()?;
    let console = context.process.console.clone();
    let write = lua.create_function(move |_, words: Variadic<Value>| {
        console.print(joined("io.write", &words)?.as_slice());
        Ok(true)
    })?;
    io.raw_set("write", write)?;
    for (name, to_error) in [("stdout", false), ("stderr", true)] {
        let file = lua.create_table()?;
        let console = context.process.console.clone();
        let place = if to_error {
            "io.stderr:write"
        } else {
            "io.stdout:write"
        };
        let write = lua.create_function(move |_, (file, words): (Value, Variadic<Value>)| {
            if !file.is_table() {
                let expected = "the file; call it with a colon";
                return Err(args::wrong_type(place, "the file", expected, &file));
            }
            let text = joined(place, &words)?;
            if to_error {
                console.print_error(&text);
            } else {
                console.print(&text);
            }
            Ok(file)
        })?;
        file.raw_set("write", write)?;
        file.raw_set("flush", lua.create_function(|_, _: Value| Ok(()))?)?;
        file.raw_set(
            "setvbuf",
            lua.create_function(|_, _: Variadic<Value>| Ok(true))?,
        )?;
        io.raw_set(name, file)?;
    }
    explain_absent(
        lua,
        &io,
        "io",
        "read files with open(path) in the init stage",
    )
}

/// `debug.traceback`, which `xpcall(f, debug.traceback)` wants, and `debug.getinfo`, which tells a script where it lies.
pub(crate) fn load_debug(lua: &Lua, _: &Rc<Context>) -> mlua::Result<Value> {
    let debug = lua.create_table()?;
    let traceback = lua.create_function(|lua, message: Value| match message {
        Value::Nil => lua.traceback(None, 1).map(Value::String),
        Value::String(text) => lua
            .traceback(Some(&text.to_string_lossy()), 1)
            .map(Value::String),
        other => Ok(other),
    })?;
    debug.raw_set("traceback", traceback)?;
    debug.raw_set("getinfo", debug_function(lua, "getinfo")?)?;
    explain_absent(
        lua,
        &debug,
        "debug",
        "it reaches into the workings of ssel; debug.traceback and debug.getinfo are there",
    )
}

/// A function of Lua's `debug`, without a way to its others.
pub(crate) fn debug_function(lua: &Lua, name: &str) -> mlua::Result<Function> {
    let globals = lua.globals();
    // Lua would fill a table that is there already.
    let own: Value = globals.raw_get("debug")?;
    globals.raw_remove("debug")?;
    lua.load_std_libs(StdLib::DEBUG)?;
    let debug: Table = globals.raw_get("debug")?;
    globals.raw_set("debug", own)?;
    state::loaded_libraries(lua)?.raw_remove("debug")?;
    debug.raw_get(name)
}

fn joined(function: &str, words: &[Value]) -> mlua::Result<Vec<u8>> {
    let mut text = Vec::new();
    for word in words {
        match word {
            Value::String(s) => text.extend_from_slice(&s.as_bytes()),
            Value::Integer(_) | Value::Number(_) => {
                text.extend_from_slice(word.to_string()?.as_bytes());
            }
            other => {
                return Err(args::wrong_type(
                    function,
                    "each argument",
                    "a string or number",
                    other,
                ));
            }
        }
    }
    Ok(text)
}

/// Instead of "attempt to call a nil value": why the function is not there.
pub(crate) fn explain_absent(
    lua: &Lua,
    table: &Table,
    name: &'static str,
    instead: &'static str,
) -> mlua::Result<Value> {
    let meta = lua.create_table()?;
    meta.raw_set(
        MetaMethod::Index.name(),
        lua.create_function(move |_, (_, key): (Table, Value)| -> mlua::Result<Value> {
            let key = key.to_string()?;
            Err(mlua::Error::runtime(format!(
                "{name}.{key} is not available: {instead}"
            )))
        })?,
    )?;
    table.set_metatable(Some(meta))?;
    Ok(Value::Table(table.clone()))
}
