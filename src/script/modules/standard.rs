//! Lua's standard libraries, loaded on first use: each takes one to four KiB of a state.

use std::rc::Rc;

use mlua::{Function, Lua, LuaString, MetaMethod, StdLib, Table, Value};

use super::super::bundled::Bundled;
use super::super::context::Context;
use super::super::state::base;

/// `math`, with different random numbers for each VU; LuaJIT starts every state with the same seed.
pub(crate) fn load_math(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    lua.load_std_libs(StdLib::MATH)?;
    #[expect(clippy::cast_precision_loss, reason = "any number is a good seed")]
    let seed = {
        let seed = context.process.seed.get().copied().unwrap_or(0);
        seed.wrapping_add(context.vu.wrapping_mul(0x9E37_79B9)) as f64
    };
    let math: Table = lua.globals().raw_get("math")?;
    math.get::<Function>("randomseed")?.call::<()>(seed)?;
    Ok(Value::Table(math))
}

/// `bit`.
pub(crate) fn load_bit(lua: &Lua, _: &Rc<Context>) -> mlua::Result<Value> {
    lua.load_std_libs(StdLib::BIT)?;
    lua.globals().raw_get("bit")
}

/// `table`.
pub(crate) fn load_table(lua: &Lua, _: &Rc<Context>) -> mlua::Result<Value> {
    lua.load_std_libs(StdLib::TABLE)?;
    lua.globals().raw_get("table")
}

/// `coroutine`, whose coroutines may call functions that wait.
pub(crate) fn load_coroutine(lua: &Lua, _: &Rc<Context>) -> mlua::Result<Value> {
    static CODE: Bundled = Bundled::new("coroutine", include_str!("../prelude/coroutine.lua"));
    CODE.function(lua)?.call(base(lua)?)
}

/// Name in the registry of the table that becomes `string`.
const STRINGS: &str = "ssel.string";

/// Gives strings their methods; the first call of a method loads `string`. `on_first_use` is the metatable
/// of the globals.
pub(crate) fn install_strings(lua: &Lua, on_first_use: &Table) -> mlua::Result<()> {
    static CODE: Bundled = Bundled::new("string", include_str!("../prelude/string.lua"));
    let load: Value = on_first_use.raw_get(MetaMethod::Index.name())?;
    let strings: Table = CODE.function(lua)?.call(load)?;
    lua.set_named_registry_value(STRINGS, &strings)?;
    let of_strings = lua.create_table()?;
    of_strings.raw_set(MetaMethod::Index.name(), strings)?;
    lua.set_type_metatable::<LuaString>(Some(of_strings));
    Ok(())
}

/// `string` without `dump`, because bytecode cannot be loaded.
pub(crate) fn load_string(lua: &Lua, _: &Rc<Context>) -> mlua::Result<Value> {
    let of_strings = lua.type_metatable::<LuaString>();
    lua.load_std_libs(StdLib::STRING)?;
    // Loading the library replaces the metatable of strings, which a script may have changed.
    lua.set_type_metatable::<LuaString>(of_strings);
    let (globals, strings) = (lua.globals(), lua.named_registry_value::<Table>(STRINGS)?);
    strings.set_metatable(None)?;
    for pair in globals.raw_get::<Table>("string")?.pairs::<Value, Value>() {
        let (name, function) = pair?;
        if !strings.contains_key(&name)? {
            strings.raw_set(name, function)?;
        }
    }
    strings.raw_remove("dump")?;
    Ok(Value::Table(strings))
}
