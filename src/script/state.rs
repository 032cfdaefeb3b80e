//! Makes one Lua state: which libraries it has, what a script may do, how much it may hold.
//!
//! Scripts are trusted code; the limits guard against accidents, not attacks.

use std::rc::Rc;
use std::sync::OnceLock;

use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, LuaString, StdLib, Table, Value};

use super::context::Context;
use super::error::{Described, PRELUDE};
use super::{drive, modules, raw};

/// What a Lua state may hold in bytes. Together with the workers' big stacks it keeps runaway recursion a Lua
/// error; without either, LuaJIT aborts the process.
pub(crate) const MEMORY_LIMIT: usize = 64 << 20;

/// Key in the registry of what keeps the FFI's own tables alive.
const FFI: &str = "ssel.ffi";

/// The functions of the prelude that modules written in Lua build on.
#[derive(Clone)]
pub(crate) struct Base {
    /// What prelude/base.lua returns.
    pub(crate) functions: Table,
}

/// A Lua state, ready for a script.
///
/// # Errors
/// When Lua cannot be set up, which would be a fault of ssel or a machine without memory.
pub(crate) fn new_state(context: &Rc<Context>) -> mlua::Result<Lua> {
    let lua = raw::new_lua();
    let base = load_base(&lua, context)?;
    confine(&lua)?;
    lua.set_app_data(base);
    lua.set_app_data(Rc::clone(context));
    modules::install(&lua, context)?;
    // Last, because under a limit mlua guards whatever it does by a call that makes garbage.
    lua.set_memory_limit(MEMORY_LIMIT)?;
    Ok(lua)
}

/// Takes away what reads files past `open`, loads bytecode, or can hang the collector.
fn confine(lua: &Lua) -> mlua::Result<()> {
    let globals = lua.globals();
    for name in ["dofile", "loadfile", "newproxy", "gcinfo", "jit"] {
        globals.raw_remove(name)?;
    }
    loaded_libraries(lua)?.raw_remove("jit")
}

fn load_base(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Base> {
    static CODE: OnceLock<Vec<u8>> = OnceLock::new();
    let native = lua.create_table()?;
    let ctx = Rc::clone(context);
    native.set(
        "check_wait",
        lua.create_function(move |_, (name, yieldable): (LuaString, bool)| {
            let stage = ctx.stage.get();
            if stage.may_wait() && yieldable {
                return Ok(());
            }
            let name = name.to_string_lossy();
            Err(mlua::Error::runtime(if stage.may_wait() {
                format!(
                    "{name}: cannot wait here: Lua cannot pause inside a callback of table.sort, string.gsub or \
                     xpcall's handler, nor while a module is loaded"
                )
            } else {
                format!("{name}: cannot be used in {}", stage.name())
            }))
        })?,
    )?;
    native.set(
        "error_text",
        lua.create_function(|_, error: Value| match error {
            Value::Error(error) => Ok(Described::of(&error).message),
            other => Ok(other.to_string().unwrap_or_default()),
        })?,
    )?;
    let ctx = Rc::clone(context);
    native.set(
        "remember_error",
        lua.create_function(move |lua, (error, callback): (Value, Option<String>)| {
            let mut described = match &error {
                Value::Error(error) => Described::of(error),
                Value::String(text) => {
                    let traceback = lua.traceback(None, 1)?;
                    Described::of(&mlua::Error::runtime(format!(
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
            *ctx.passing_error.borrow_mut() = Some((described.message, described.traceback));
            Ok(Value::String(message))
        })?,
    )?;
    let ctx = Rc::clone(context);
    native.set(
        "remember_table",
        lua.create_function(move |_, error: Table| {
            ctx.raised.replace(Some(error));
            Ok(())
        })?,
    )?;
    let console = context.process.console.clone();
    native.set(
        "print",
        lua.create_function(move |_, text: LuaString| {
            console.print(&text.as_bytes());
            Ok(())
        })?,
    )?;

    let chunk = load_own(lua, "base", include_str!("prelude/base.lua"), &CODE)?;
    let functions = chunk.call((drive::wait_marker(lua)?, native))?;
    Ok(Base { functions })
}

/// Loads Lua code of ours; it is parsed once per process and kept as bytecode, without lines and names of locals: no
/// traceback shows them, and each state would hold them.
pub(crate) fn load_own(
    lua: &Lua,
    name: &str,
    source: &str,
    code: &OnceLock<Vec<u8>>,
) -> mlua::Result<Function> {
    let chunk_name = format!("={PRELUDE} {name}");
    if let Some(code) = code.get() {
        return lua
            .load(code)
            .set_name(chunk_name)
            .set_mode(ChunkMode::Binary)
            .into_function();
    }
    // Two threads may both parse; one result is kept. In a state of its own, which has `string.dump`: that leaves debug
    // information out, which mlua's `Function::dump` cannot with LuaJIT.
    let parser = Lua::new();
    let function = parser
        .load(source)
        .set_name(&chunk_name)
        .set_mode(ChunkMode::Text)
        .into_function()?;
    let dump: Function = parser.globals().get::<Table>("string")?.get("dump")?;
    let stripped: LuaString = dump.call((function, true))?;
    let _ = code.set(stripped.as_bytes().to_vec());
    load_own(lua, name, source, code)
}

/// LuaJIT's FFI for code of ours: loaded when first needed (it costs a state 15 KiB) and hidden at once.
pub(crate) fn ffi(lua: &Lua) -> mlua::Result<Table> {
    lua.load_std_libs(StdLib::FFI)?;
    let globals = lua.globals();
    let ffi: Table = globals.raw_get("ffi")?;
    globals.raw_remove("ffi")?;
    // LuaJIT's table of special C types, which it reads at each call of a C function, is kept alive by this function alone.
    lua.set_named_registry_value(FFI, ffi.raw_get::<Value>("metatype")?)?;
    // The list of loaded libraries would keep all of it alive, of which our code needs three functions.
    loaded_libraries(lua)?.raw_remove("ffi")?;
    Ok(ffi)
}

/// Lua's own list of its libraries, which keeps alive what the globals do not show.
pub(crate) fn loaded_libraries(lua: &Lua) -> mlua::Result<Table> {
    lua.named_registry_value("_LOADED")
}
