//! `spawn(fn, ...)`: several things at once in one VU, each a coroutine of its own.

use std::rc::Rc;
use std::sync::OnceLock;

use mlua::{AnyUserData, Function, Lua, MultiValue, Table, UserData, Value};

use super::super::args;
use super::super::context::Context;
use super::super::drive;
use super::super::error::Described;
use super::super::state::{Base, load_own};
use super::super::tasks::{Failure, Job, Spawned, Task};

/// mlua can hold some 8,000 values of a state, and a task takes two or three, whatever it is given.
const MOST_TASKS: usize = 2000;

/// What Lua holds of a task.
struct Handle(Rc<Task>);

impl UserData for Handle {}

/// The function `spawn`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    static CODE: OnceLock<Vec<u8>> = OnceLock::new();
    let native = lua.create_table()?;
    install_misuse(lua, &native)?;
    let ctx = Rc::clone(context);
    native.set(
        "start",
        lua.create_function(move |lua, (body, own): (Function, Table)| {
            start(lua, &ctx, body, own)
        })?,
    )?;
    native.set(
        "is_over",
        lua.create_function(|_, task: AnyUserData| Ok(task.borrow::<Handle>()?.0.is_over()))?,
    )?;
    let ctx = Rc::clone(context);
    native.set(
        "begin_wait",
        lua.create_function(move |_, task: AnyUserData| {
            let task = Rc::clone(&task.borrow::<Handle>()?.0);
            ctx.wait_for(async move {
                task.ended().await;
                Ok(MultiValue::new())
            });
            Ok(())
        })?,
    )?;
    // The failure becomes that of the caller, who is about to raise it. Gives its text.
    let ctx = Rc::clone(context);
    native.set(
        "claim",
        lua.create_function(move |_, task: AnyUserData| {
            let failure = task.borrow::<Handle>()?.0.claim();
            Ok(failure.map(|Failure { message, traceback }| {
                ctx.passing_error
                    .replace(Some((message.clone(), traceback)));
                message
            }))
        })?,
    )?;
    let base = lua
        .app_data_ref::<Base>()
        .map(|base| base.functions.clone());
    load_own(lua, "spawn", include_str!("spawn.lua"), &CODE)?.call((native, base))
}

fn install_misuse(lua: &Lua, native: &Table) -> mlua::Result<()> {
    native.set(
        "misuse",
        lua.create_function(|_, got: Value| -> mlua::Result<()> {
            Err(args::wrong_type("spawn", "argument 1", "a function", &got))
        })?,
    )?;
    native.set(
        "misuse_task",
        lua.create_function(|_, (method, got): (String, Value)| -> mlua::Result<()> {
            let expected = "a task made by spawn; call it with a colon";
            Err(args::wrong_type(
                &format!("task:{method}"),
                "the task",
                expected,
                &got,
            ))
        })?,
    )
}

fn start(lua: &Lua, context: &Rc<Context>, body: Function, own: Table) -> mlua::Result<Handle> {
    let stage = context.stage.get();
    if !stage.may_wait() {
        return Err(args::misuse(
            "spawn",
            format_args!("cannot be used in {}", stage.name()),
        ));
    }
    if Rc::strong_count(&context.running) > MOST_TASKS {
        return Err(args::misuse(
            "spawn",
            format_args!(
                "{MOST_TASKS} tasks are running, the most that a VU can have: wait for some of them, or use more VUs"
            ),
        ));
    }
    let task = Rc::new(Task::default());
    let (lua, ctx, running) = (lua.clone(), Rc::clone(context), Rc::clone(&context.running));
    let work = async move {
        let result = drive::call(&lua, &ctx, body, own).await;
        drop(running);
        failure_of(&ctx, result)
    };
    let spawned = Spawned::new(Rc::clone(&task), context.scope(), work);
    context.start(Job::Task(spawned));
    Ok(Handle(task))
}

/// The body gives what a `pcall` would; it raises itself only if there is no memory left.
fn failure_of(context: &Context, result: mlua::Result<MultiValue>) -> Option<Failure> {
    let Described { message, traceback } = match result {
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
    };
    Some(Failure { message, traceback })
}
