//! The parts of Lua's `os`, `io` and `debug` that are safe in a VU: clocks, printing, tracebacks. `open` reads files.

use std::rc::Rc;

use mlua::{Function, Lua, MetaMethod, StdLib, Table, Value, Variadic};

use super::super::context::Context;
use super::super::native::Functions;
use super::super::process::Console;
use super::super::{args, state};

/// `os` without what ends the process, runs programs or changes files.
pub(crate) fn load_os(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    lua.load_std_libs(StdLib::OS)?;
    let full: Table = lua.globals().raw_get("os")?;
    let os = Functions::new(lua, context)?;
    for name in ["clock", "date", "difftime", "time"] {
        os.set(name, full.raw_get::<Value>(name)?)?;
    }
    os.add("getenv", |_, ctx, name: Value| {
        Ok(ctx.variable(&args::text("os.getenv", "argument 1 (name)", &name)?))
    })?;
    lua.globals().raw_set("os", &os.table)?;
    explain_absent(
        lua,
        &os.table,
        "os",
        "ssel keeps scripts from changing the machine; exec.test.abort ends a run",
    )
}

/// `io.write`, `io.stdout:write` and `io.stderr:write`.
pub(crate) fn load_io(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    type Print = fn(&dyn Console, &[u8]);
    let io = Functions::new(lua, context)?;
    io.add("write", |_, ctx, words: Variadic<Value>| {
        ctx.process.console.print(&joined("io.write", &words)?);
        Ok(true)
    })?;
    let streams: [(&str, &'static str, Print); 2] = [
        ("stdout", "io.stdout:write", |console, text| {
            console.print(text);
        }),
        ("stderr", "io.stderr:write", |console, text| {
            console.print_error(text);
        }),
    ];
    for (stream, write, print) in streams {
        let file = Functions::new(lua, context)?;
        file.add("write", move |_, ctx, args: (Value, Variadic<Value>)| {
            let (file, words) = args;
            if !file.is_table() {
                let expected = "the file; call it with a colon";
                return Err(args::wrong_type(write, "the file", expected, &file));
            }
            print(&*ctx.process.console, &joined(write, &words)?);
            Ok(file)
        })?;
        file.add_pure("flush", |_, _: Value| Ok(()))?;
        file.add_pure("setvbuf", |_, _: Variadic<Value>| Ok(true))?;
        io.set(stream, file.table)?;
    }
    let instead = "read files with open(path) in the init stage";
    explain_absent(lua, &io.table, "io", instead)
}

/// `debug.traceback`, for `xpcall(f, debug.traceback)`, and `debug.getinfo`, by which a script finds its own file.
pub(crate) fn load_debug(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let debug = Functions::new(lua, context)?;
    debug.add_pure("traceback", |lua, message: Value| {
        let message = match &message {
            Value::Nil => None,
            Value::String(text) => Some(text.to_string_lossy()),
            _ => return Ok(message),
        };
        lua.traceback(message.as_deref(), 1).map(Value::String)
    })?;
    debug.set("getinfo", debug_function(lua, "getinfo")?)?;
    explain_absent(
        lua,
        &debug.table,
        "debug",
        "it would give access to internals of ssel; use debug.traceback and debug.getinfo",
    )
}

/// One function of Lua's `debug`; scripts cannot reach the others.
pub(crate) fn debug_function(lua: &Lua, name: &str) -> mlua::Result<Function> {
    let globals = lua.globals();
    // Lua would fill an existing table.
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
                let expected = "a string or number";
                return Err(args::wrong_type(function, "each argument", expected, other));
            }
        }
    }
    Ok(text)
}

/// Makes calling a missing function an error that says why the function is missing.
pub(crate) fn explain_absent(
    lua: &Lua,
    table: &Table,
    name: &'static str,
    instead: &'static str,
) -> mlua::Result<Value> {
    let meta = lua.create_table()?;
    let index = lua.create_function(move |_, (_, key): (Table, Value)| {
        let key = key.to_string()?;
        let what = format!("{name}.{key} is not available: {instead}");
        Err::<(), _>(mlua::Error::runtime(what))
    })?;
    meta.raw_set(MetaMethod::Index.name(), index)?;
    table.set_metatable(Some(meta))?;
    Ok(Value::Table(table.clone()))
}
