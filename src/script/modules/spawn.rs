//! `spawn(fn, ...)`: tasks that run concurrently in one VU, each in its own coroutine.

use std::rc::Rc;

use mlua::{AnyUserData, Function, Lua, MultiValue, Table, UserData, Value};

use super::super::args;
use super::super::bundled::Bundled;
use super::super::context::Context;
use super::super::drive;
use super::super::error::LuaError;
use super::super::native::Functions;
use super::super::tasks::{IterationJob, Spawned, Task};

/// mlua can hold about 8,000 values of a state, and a task takes two or three, whatever its arguments are.
const MAX_TASKS: usize = 2000;

/// A task as Lua holds it.
struct TaskHandle(Rc<Task>);

impl UserData for TaskHandle {}

/// The function `spawn`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    static CODE: Bundled = Bundled::new("spawn", include_str!("spawn.lua"));
    let native = Functions::new(lua, context)?;
    native.add("start", start)?;
    native.add_pure("is_over", |_, task: AnyUserData| {
        Ok(task.borrow::<TaskHandle>()?.0.is_over())
    })?;
    native.add("begin_wait", |_, ctx, task: AnyUserData| {
        let task = Rc::clone(&task.borrow::<TaskHandle>()?.0);
        ctx.wait_for(async move {
            task.ended().await;
            Ok(MultiValue::new())
        });
        Ok(())
    })?;
    // Returns the message of the failure, which the caller is about to raise as its own.
    native.add("claim", |_, ctx, task: AnyUserData| {
        let failure = task.borrow::<TaskHandle>()?.0.claim();
        let message = failure.as_ref().map(|failure| failure.message.clone());
        if failure.is_some() {
            ctx.passing_error.replace(failure);
        }
        Ok(message)
    })?;
    CODE.run(lua, native.table)
}

fn start(
    lua: &Lua,
    context: &Rc<Context>,
    (body, own): (Function, Table),
) -> mlua::Result<TaskHandle> {
    let stage = context.stage.get();
    if !stage.may_wait() {
        let what = format_args!("cannot be used in {}", stage.with_remedy());
        return Err(args::misuse("spawn", what));
    }
    if Rc::strong_count(&context.running) > MAX_TASKS {
        let what = format_args!(
            "{MAX_TASKS} tasks are running, the most that a VU can have: wait for some of them, or use more VUs"
        );
        return Err(args::misuse("spawn", what));
    }
    let task = Rc::new(Task::default());
    let (lua, ctx, running) = (lua.clone(), Rc::clone(context), Rc::clone(&context.running));
    let work = async move {
        let result = drive::call(&lua, &ctx, body, own).await;
        drop(running);
        failure_of(&ctx, result)
    };
    let spawned = Spawned::new(Rc::clone(&task), context.scope(), work);
    context.start(IterationJob::Task(spawned));
    Ok(TaskHandle(task))
}

/// The body returns what a `pcall` would; it raises only if the state has no memory left.
fn failure_of(context: &Context, result: mlua::Result<MultiValue>) -> Option<LuaError> {
    Some(match result {
        Ok(values) => match (values.front(), values.get(1)) {
            (Some(Value::Boolean(false)), Some(Value::Error(error))) => context.describe(error),
            (Some(Value::Boolean(false)), raised) => {
                let text = raised.map_or(Ok("nil".to_owned()), Value::to_string);
                let text = text.unwrap_or_else(|error| error.to_string());
                context.describe(&mlua::Error::runtime(text))
            }
            _ => return None,
        },
        Err(error) => context.describe(&error),
    })
}
