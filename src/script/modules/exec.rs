//! `exec`: which VU and iteration this code runs in, the progress of the run, and how to end it.

use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mlua::{IntoLua, Lua, Table, Value};

use super::super::args;
use super::super::context::Context;
use super::super::convert::Plain;
use super::super::native::Functions;
use crate::samples::Requester as _;
use crate::vu::{Iteration, ScenarioInfo};

/// Reads a field; `None` if it has no value in the current stage.
type ReadField = fn(&Lua, &Context) -> mlua::Result<Option<Value>>;

type LiveField = (&'static str, ReadField);

const SCENARIO: &[LiveField] = &[
    ("name", |lua, ctx| {
        scenario(lua, ctx, |scenario, _| scenario.name.clone())
    }),
    ("executor", |lua, ctx| {
        scenario(lua, ctx, |scenario, _| scenario.executor)
    }),
    // Seconds since the epoch, so that scripts on several machines can compare them.
    ("start_time", |lua, ctx| {
        scenario(lua, ctx, |_, elapsed| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let start = now.unwrap_or_default().saturating_sub(elapsed);
            start.as_secs_f64()
        })
    }),
    ("progress", |lua, ctx| {
        scenario(lua, ctx, ScenarioInfo::fraction)
    }),
    // Nil rather than an error, so that a script works without planned starts.
    ("start_in_test", |lua, ctx| {
        scenario(lua, ctx, |_, _| ctx.iteration.get()?.planned_number)
    }),
    // One process is one instance.
    ("iteration_in_instance", |lua, ctx| {
        iteration(lua, ctx, |iteration| iteration.number_in_process)
    }),
    ("iteration_in_test", |lua, ctx| {
        iteration(lua, ctx, |iteration| iteration.number_in_scenario)
    }),
];

const VU: &[LiveField] = &[
    // The state that runs `setup` is not a VU; its number is 0.
    ("id_in_instance", |lua, ctx| {
        let before = ctx.vu.checked_sub(1);
        let number = before.map_or(0, |before| ctx.process.part.own(before) + 1);
        some(lua, number)
    }),
    ("id_in_test", |lua, ctx| some(lua, ctx.vu)),
    // A VU works for one scenario, so both numbers are the same.
    ("iteration_in_instance", |lua, ctx| {
        iteration(lua, ctx, |iteration| iteration.number_in_vu)
    }),
    ("iteration_in_scenario", |lua, ctx| {
        iteration(lua, ctx, |iteration| iteration.number_in_vu)
    }),
    // Nil rather than an error, so that a script works without arrival rates.
    ("schedule_delay", |lua, ctx| {
        let delay = ctx.delay();
        some(lua, delay.as_ref().map(Duration::as_secs_f64))
    }),
    ("tags", |lua, _| some(lua, tags(lua)?)),
];

const INSTANCE: &[LiveField] = &[
    ("current_test_run_duration", |lua, ctx| {
        let started = ctx.process.run.started();
        let elapsed = started.map_or(Duration::ZERO, |start| start.elapsed());
        some(lua, elapsed.as_secs_f64())
    }),
    ("iterations_completed", |lua, ctx| {
        let completed = &ctx.process.run.iterations_completed;
        some(lua, completed.load(Ordering::Relaxed))
    }),
    ("iterations_interrupted", |lua, ctx| {
        let interrupted = &ctx.process.run.iterations_interrupted;
        some(lua, interrupted.load(Ordering::Relaxed))
    }),
    ("part", |lua, ctx| some(lua, ctx.process.part.index())),
    ("parts", |lua, ctx| some(lua, ctx.process.part.count())),
    ("vus_active", |lua, ctx| {
        some(lua, ctx.process.run.vus_active.load(Ordering::Relaxed))
    }),
    ("vus_initialized", |lua, ctx| {
        some(lua, ctx.process.run.vus_initialized.load(Ordering::Relaxed))
    }),
];

const TEST: &[&str] = &["abort", "fail", "options"];

/// The table `exec`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let exec = lua.create_table()?;
    for (name, fields) in [("scenario", SCENARIO), ("vu", VU), ("instance", INSTANCE)] {
        exec.raw_set(name, live(lua, context, format!("exec.{name}"), fields)?)?;
    }
    exec.raw_set("test", test(lua, context)?)?;
    Ok(Value::Table(exec))
}

/// A table whose fields are read at each access.
fn live(
    lua: &Lua,
    context: &Rc<Context>,
    name: String,
    fields: &'static [LiveField],
) -> mlua::Result<Table> {
    let meta = Functions::new(lua, context)?;
    let own_name = name.clone();
    meta.add("__index", move |lua, ctx, (_, field): (Table, Value)| {
        let field = args::text(&name, "the field", &field)?;
        let Some((_, read)) = fields.iter().find(|(known, _)| *known == field) else {
            let known: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
            return Err(args::unknown_field(&name, &field, &known));
        };
        read(lua, ctx)?.ok_or_else(|| {
            let stage = ctx.stage.get().name();
            args::misuse(&name, format_args!("{field} has no value in {stage}"))
        })
    })?;
    meta.add_pure("__newindex", move |_, args: (Table, Value, Value)| {
        let what = format_args!("{} cannot be written", args::shown(&args.1));
        Err::<(), _>(args::misuse(&own_name, what))
    })?;
    meta.into_metatable()
}

fn some(lua: &Lua, value: impl IntoLua) -> mlua::Result<Option<Value>> {
    value.into_lua(lua).map(Some)
}

/// A field of the scenario, read from it and the time since its start.
fn scenario<T: IntoLua>(
    lua: &Lua,
    context: &Context,
    read: impl Fn(&ScenarioInfo, Duration) -> T,
) -> mlua::Result<Option<Value>> {
    let Some(scenario) = &context.scenario else {
        return Ok(None);
    };
    let load = context.process.run.load_started();
    let elapsed = load.map_or(Duration::ZERO, |start| start.elapsed());
    let elapsed = elapsed.saturating_sub(scenario.start_time);
    some(lua, read(scenario, elapsed))
}

fn iteration(
    lua: &Lua,
    context: &Context,
    read: impl Fn(Iteration) -> u64,
) -> mlua::Result<Option<Value>> {
    let number = context.iteration.get().map(read);
    number.map(|number| number.into_lua(lua)).transpose()
}

/// `exec.vu.tags`: reads and writes the tags of this VU.
fn tags(lua: &Lua) -> mlua::Result<Table> {
    const NAME: &str = "exec.vu.tags";
    let Some(context) = lua.app_data_ref::<Rc<Context>>().map(|ctx| Rc::clone(&ctx)) else {
        return lua.create_table();
    };
    let meta = Functions::new(lua, &context)?;
    meta.add("__index", |_, ctx, (_, name): (Table, Value)| {
        let name = args::text(NAME, "a tag's name", &name)?;
        Ok(ctx.tags.borrow().get(&name).map(str::to_owned))
    })?;
    meta.add("__newindex", |_, ctx, args: (Table, Value, Value)| {
        let name = args::text(NAME, "a tag's name", &args.1)?;
        ctx.set_own_tag(&name, &args::text(NAME, &name, &args.2)?);
        Ok(())
    })?;
    meta.into_metatable()
}

fn test(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Table> {
    const NAME: &str = "exec.test";
    let test = Functions::new(lua, context)?;
    test.add("abort", |_, ctx, message: Value| {
        let message = reason("exec.test.abort", &message)?;
        ctx.process.run.abort(&message);
        ctx.aborting.set(true);
        // Raised, so that the iteration runs no further code.
        Err::<(), _>(args::misuse("exec.test.abort", message))
    })?;
    test.add("fail", |_, ctx, message: Value| {
        ctx.process.run.fail(reason("exec.test.fail", &message)?);
        Ok(())
    })?;
    let meta = Functions::new(lua, context)?;
    meta.add("__index", |lua, ctx, (table, field): (Table, Value)| {
        let field = args::text(NAME, "the field", &field)?;
        if field != "options" {
            return Err(args::unknown_field(NAME, &field, TEST));
        }
        let Some(options) = ctx.process.options.get() else {
            let what = "options are not available in the init stage";
            return Err(args::misuse(NAME, what));
        };
        let options = Plain::from(options.clone()).to_lua(lua)?;
        table.raw_set("options", &options)?;
        Ok(options)
    })?;
    test.table.set_metatable(Some(meta.table))?;
    Ok(test.table)
}

/// The reason that a script gives for ending or failing the run.
fn reason(function: &str, message: &Value) -> mlua::Result<String> {
    match message {
        Value::Nil => Ok(format!("the script called {function}")),
        message => args::text(function, "argument 1 (message)", message),
    }
}
