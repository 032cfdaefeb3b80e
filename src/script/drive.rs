//! Runs a Lua coroutine to its end, awaiting on the way whatever its waiting functions ask for.
//!
//! A waiting function such as `sleep` puts its work into [`Context::pending`] and yields the marker [`wait_marker`];
//! the driver awaits the work and resumes the coroutine with what came of it. Because LuaJIT yields across `pcall`,
//! metamethods and iterators, a script never notices. A coroutine of the script's own passes the marker up to the
//! driver (prelude/base.lua).

use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Value};

use super::context::Context;

/// Calls `function` in a coroutine of its own and waits for its results.
///
/// Dropping the future leaves the coroutine suspended for ever; the state can run others.
///
/// # Errors
/// What the function raised.
pub(crate) async fn call(
    lua: &Lua,
    context: &Context,
    function: &Function,
    arguments: impl IntoLuaMulti,
) -> mlua::Result<MultiValue> {
    let thread = lua.create_thread(function.clone())?;
    let mut values: MultiValue = thread.resume(arguments)?;
    while thread.is_resumable() {
        let operation = context.pending.borrow_mut().take();
        let Some(operation) = operation else {
            return Err(mlua::Error::runtime(
                "attempt to yield from outside a coroutine",
            ));
        };
        values = thread.resume(operation.await?)?;
    }
    Ok(values)
}

/// The value a waiting function yields; scripts cannot make an equal one.
pub(crate) fn wait_marker(lua: &Lua) -> mlua::Result<Value> {
    Ok(Value::Table(lua.create_table()?))
}
