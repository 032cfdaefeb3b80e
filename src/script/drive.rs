//! Runs a Lua coroutine and awaits what its functions wait for.
//!
//! A waiting function such as `sleep` puts its work into [`Context::pending`] and yields the marker [`wait_marker`];
//! the driver awaits the work and resumes the coroutine with the results. Because LuaJIT yields across `pcall`,
//! metamethods and iterators, scripts do not notice. A coroutine of the script passes the marker on to the
//! driver (prelude/base.lua).

use std::future::poll_fn;
use std::pin::pin;

use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Value};
use tokio::task::{unconstrained, yield_now};

use super::context::Context;
use super::jobs::Jobs;
use super::memory;

/// Calls `function` like [`call`] and also waits for the tasks that it spawned.
///
/// Dropping the future ends the tasks and streams. If the function raises an error, its tasks are not
/// awaited.
///
/// # Errors
/// The error of the function; otherwise that of a task that was not waited for.
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
    // Jobs have time slices, which replace tokio's cooperative budget.
    unconstrained(all).await?;
    Ok(returned)
}

/// Calls `function` in its own coroutine and waits for its results.
///
/// Dropping the future leaves the coroutine suspended; the state can run others.
///
/// # Errors
/// The error of the function.
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
        // A coroutine whose operations are always ready must still yield the thread.
        if context.is_slice_over() {
            yield_now().await;
        }
        values = thread.resume(results).map_err(located)?;
    }
    Ok(values)
}

/// The marker that a waiting function yields; scripts cannot create an equal value.
pub(crate) fn wait_marker(lua: &Lua) -> mlua::Result<Value> {
    Ok(Value::Table(lua.create_table()?))
}
