//! Lua's own `math` and `bit`. Each costs a state two to four KiB, and most scripts need neither.

use std::rc::Rc;

use mlua::{Function, Lua, StdLib, Table, Value};

use super::super::context::Context;

/// `math`, with random numbers of its own for each VU; LuaJIT starts every state with the same seed.
pub(crate) fn load_math(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    lua.load_std_libs(StdLib::MATH)?;
    #[expect(clippy::cast_precision_loss, reason = "any number is a good seed")]
    let seed = context
        .process
        .seed
        .get()
        .copied()
        .unwrap_or(0)
        .wrapping_add(context.vu.wrapping_mul(0x9E37_79B9)) as f64;
    let math: Table = lua.globals().raw_get("math")?;
    math.get::<Function>("randomseed")?.call::<()>(seed)?;
    Ok(Value::Table(math))
}

/// `bit`.
pub(crate) fn load_bit(lua: &Lua, _: &Rc<Context>) -> mlua::Result<Value> {
    lua.load_std_libs(StdLib::BIT)?;
    lua.globals().raw_get("bit")
}
