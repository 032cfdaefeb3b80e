//! Runs a Lua coroutine to its end, awaiting on the way whatever its waiting functions ask for.
//!
//! A waiting function such as `sleep` puts its work into [`Context::pending`] and yields the marker [`wait_marker`];
//! the driver awaits the work and resumes the coroutine with what came of it. Because LuaJIT yields across `pcall`,
//! metamethods and iterators, a script never notices. A coroutine of the script's own passes the marker up to the
//! driver (prelude/base.lua).

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Value};

use super::context::Context;
use super::memory;
use super::tasks::{Failure, Tasks};

/// Calls `function` as [`call`] does and waits for the tasks it spawned as well.
///
/// Dropping the future ends them all. When the function itself raises, its tasks are not waited for.
///
/// # Errors
/// What the function raised; else what a task raised that nobody waited for.
pub(crate) async fn run(
    lua: &Lua,
    context: &Context,
    function: &Function,
    arguments: impl IntoLuaMulti,
) -> mlua::Result<MultiValue> {
    let mut main = pin!(call(lua, context, function, arguments));
    let mut tasks = Tasks::default();
    let mut returned = None;
    poll_fn(|cx| {
        if returned.is_none()
            && let Poll::Ready(result) = main.as_mut().poll(cx)
        {
            returned = Some(result?);
        }
        tasks
            .poll(context, cx)
            .map_err(|failure| raised(context, failure))?;
        if returned.is_none() || !tasks.is_empty() {
            return Poll::Pending;
        }
        if let Some(failure) = tasks.unclaimed() {
            return Poll::Ready(Err(raised(context, failure)));
        }
        Poll::Ready(Ok(returned.take().unwrap_or_default()))
    })
    .await
}

fn raised(context: &Context, Failure { message, traceback }: Failure) -> mlua::Error {
    let error = mlua::Error::runtime(&message);
    context.passing_error.replace(Some((message, traceback)));
    error
}

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
    let located = |error| memory::located(lua, &thread, error);
    let mut values: MultiValue = thread.resume(arguments).map_err(located)?;
    while thread.is_resumable() {
        let operation = context.pending.borrow_mut().take();
        let Some(operation) = operation else {
            return Err(mlua::Error::runtime(
                "attempt to yield from outside a coroutine",
            ));
        };
        values = thread.resume(operation.await?).map_err(located)?;
    }
    Ok(values)
}

/// The value a waiting function yields; scripts cannot make an equal one.
pub(crate) fn wait_marker(lua: &Lua) -> mlua::Result<Value> {
    Ok(Value::Table(lua.create_table()?))
}
