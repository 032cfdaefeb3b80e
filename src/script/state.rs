//! Creates a Lua state: its libraries, permissions and memory limit.
//!
//! Scripts are trusted code; the limits guard against accidents, not attacks.

use std::rc::Rc;

use mlua::{Lua, LuaString, StdLib, Table, Value};

use super::bundled::Bundled;
use super::context::Context;
use super::error::LuaError;
use super::native::Functions;
use super::{args, drive, modules, raw};

/// The memory limit of a Lua state in bytes. Together with the large stacks of workers, it turns runaway recursion into a Lua
/// error; without either, LuaJIT aborts the process.
pub(crate) const MEMORY_LIMIT: usize = 64 << 20;

/// Key in the registry of the reference that keeps the FFI's own tables alive.
const FFI: &str = "ssel.ffi";

/// Key in the registry of what prelude/base.lua returns.
const BASE: &str = "ssel.base";

/// A Lua state, ready for a script.
///
/// # Errors
/// If Lua cannot be set up: a fault of ssel, or not enough memory.
pub(crate) fn new_state(context: &Rc<Context>) -> mlua::Result<Lua> {
    let lua = raw::new_lua();
    load_base(&lua, context)?;
    confine(&lua)?;
    lua.set_app_data(Rc::clone(context));
    modules::install(&lua, context)?;
    // Last, because under a limit mlua guards each of its operations with a call that makes garbage.
    lua.set_memory_limit(MEMORY_LIMIT)?;
    Ok(lua)
}

/// Removes functions that read files without `open`, load bytecode, or can hang the collector.
fn confine(lua: &Lua) -> mlua::Result<()> {
    let globals = lua.globals();
    for name in ["dofile", "loadfile", "newproxy", "gcinfo", "jit"] {
        globals.raw_remove(name)?;
    }
    loaded_libraries(lua)?.raw_remove("jit")
}

fn load_base(lua: &Lua, context: &Rc<Context>) -> mlua::Result<()> {
    static CODE: Bundled = Bundled::new("base", include_str!("prelude/base.lua"));
    let native = Functions::new(lua, context)?;
    native.add("check_wait", check_wait)?;
    native.add_pure("error_text", |_, error: Value| match error {
        Value::Error(error) => Ok(LuaError::of(&error).message),
        other => Ok(other.to_string().unwrap_or_default()),
    })?;
    native.add("remember_error", remember_error)?;
    native.add("remember_table", |_, ctx, error: Table| {
        ctx.raised.replace(Some(error));
        Ok(())
    })?;
    native.add("print", |_, ctx, text: LuaString| {
        ctx.process.console.print(&text.as_bytes());
        Ok(())
    })?;
    // Bundled code calls these for wrong arguments; they raise.
    native.add_pure("misuse", |_, (function, what): (String, String)| {
        Err::<(), _>(args::misuse(&function, what))
    })?;
    native.add_pure(
        "wrong_type",
        |_, (function, place, expected, got): (String, String, String, Value)| {
            Err::<(), _>(args::wrong_type(&function, &place, &expected, &got))
        },
    )?;
    let base: Table = CODE
        .function(lua)?
        .call((drive::wait_marker(lua)?, native.table))?;
    lua.set_named_registry_value(BASE, base)
}

/// Raises unless the function called `name` may wait here.
fn check_wait(
    _: &Lua,
    context: &Rc<Context>,
    (name, is_yieldable): (LuaString, bool),
) -> mlua::Result<()> {
    let stage = context.stage.get();
    let what = match (stage.may_wait(), is_yieldable) {
        (true, true) => return Ok(()),
        (true, false) => {
            "cannot wait here: Lua cannot pause inside a callback of table.sort, string.gsub or \
             xpcall's handler, nor while a module is loaded"
        }
        (false, _) => &format!("cannot be used in {}", stage.with_remedy()),
    };
    Err(args::misuse(&name.to_string_lossy(), what))
}

/// Keeps the traceback of an error that one of ssel's own `xpcall`s is about to pass on, and returns its message.
fn remember_error(
    lua: &Lua,
    context: &Rc<Context>,
    (error, callback): (Value, Option<String>),
) -> mlua::Result<Value> {
    let mut described = match &error {
        Value::Error(error) => LuaError::of(error),
        Value::String(text) => {
            let traceback = lua.traceback(None, 1)?;
            LuaError::of(&mlua::Error::runtime(format!(
                "{}\nstack traceback:{}",
                text.to_string_lossy(),
                traceback.to_string_lossy()
            )))
        }
        _ => return Ok(error),
    };
    if let Some(name) = callback {
        described.name_callback(&name);
    }
    let message = lua.create_string(&described.message)?;
    context.passing_error.replace(Some(described));
    Ok(Value::String(message))
}

/// What prelude/base.lua returns: functions for the Lua halves of modules.
pub(crate) fn base(lua: &Lua) -> mlua::Result<Table> {
    lua.named_registry_value(BASE)
}

/// LuaJIT's FFI for bundled code: loaded on first use (it takes 15 KiB of a state) and hidden immediately.
pub(crate) fn ffi(lua: &Lua) -> mlua::Result<Table> {
    lua.load_std_libs(StdLib::FFI)?;
    let globals = lua.globals();
    let ffi: Table = globals.raw_get("ffi")?;
    globals.raw_remove("ffi")?;
    // Only this function keeps LuaJIT's table of special C types alive, which each call of a C function reads.
    lua.set_named_registry_value(FFI, ffi.raw_get::<Value>("metatype")?)?;
    // The list of loaded libraries would keep the whole library alive, of which bundled code needs three functions.
    loaded_libraries(lua)?.raw_remove("ffi")?;
    Ok(ffi)
}

/// Lua's list of its libraries, which keeps alive libraries that are not globals.
pub(crate) fn loaded_libraries(lua: &Lua) -> mlua::Result<Table> {
    lua.named_registry_value("_LOADED")
}
