//! Runs a Lua coroutine and awaits what its functions wait for.
//!
//! A waiting function such as `sleep` puts its work into [`Context::pending`] and yields the marker [`wait_marker`];
//! the driver awaits the work and resumes the coroutine with what came of it. Because LuaJIT yields across `pcall`,
//! metamethods and iterators, a script never notices. A coroutine of the script's own passes the marker up to the
//! driver (prelude/base.lua).

use std::future::poll_fn;
use std::pin::pin;

use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Value};
use tokio::task::{unconstrained, yield_now};

use super::context::Context;
use super::jobs::Jobs;
use super::memory;

/// Calls `function` as [`call`] does and waits for the tasks it spawned as well.
///
/// Dropping the future ends them all, and the streams that it opened. When the function itself raises, its tasks are not
/// waited for.
///
/// # Errors
/// What the function raised; else what a task raised that nobody waited for.
pub(crate) async fn run(
    lua: &Lua,
    context: &Context,
    function: &Function,
    arguments: impl IntoLuaMulti,
) -> mlua::Result<MultiValue> {
    let mut main = pin!(call(lua, context, function.clone(), arguments));
    let mut jobs = Jobs::new(context);
    let mut returned = MultiValue::new();
    let all = poll_fn(|cx| {
        jobs.poll(cx, |cx| {
            let values = main.as_mut().poll(cx);
            values.map_ok(|values| returned = values)
        })
    });
    // Jobs have slices of time; the runtime's own way to stop whoever is always ready knows nothing of them.
    unconstrained(all).await?;
    Ok(returned)
}

/// Calls `function` in a coroutine of its own and waits for its results.
///
/// Dropping the future leaves the coroutine suspended endlessly; the state can run others.
///
/// # Errors
/// What the function raised.
pub(crate) async fn call(
    lua: &Lua,
    context: &Context,
    function: Function,
    arguments: impl IntoLuaMulti,
) -> mlua::Result<MultiValue> {
    let thread = lua.create_thread(function)?;
    let located = |error| memory::located(lua, &thread, error);
    let mut values: MultiValue = thread.resume(arguments).map_err(located)?;
    while thread.is_resumable() {
        let operation = context.pending.borrow_mut().take();
        let Some(operation) = operation else {
            return Err(mlua::Error::runtime(
                "attempt to yield from outside a coroutine",
            ));
        };
        let results = operation.await?;
        // Whoever need not wait, because all is there already, must not keep the thread for that.
        if context.is_slice_over() {
            yield_now().await;
        }
        values = thread.resume(results).map_err(located)?;
    }
    Ok(values)
}

/// The value a waiting function yields; scripts cannot make an equal one.
pub(crate) fn wait_marker(lua: &Lua) -> mlua::Result<Value> {
    Ok(Value::Table(lua.create_table()?))
}
