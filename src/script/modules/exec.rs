//! `exec`: where this code runs, how far the run is, and how to end it.

use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mlua::{IntoLua, Lua, MetaMethod, Table, Value};

use super::super::args;
use super::super::context::Context;
use super::super::convert::Plain;

type Read = fn(&Lua, &Context, &str) -> mlua::Result<Option<Value>>;

const SCENARIO: &[&str] = &[
    "name",
    "executor",
    "start_time",
    "progress",
    "start_in_test",
    "iteration_in_instance",
    "iteration_in_test",
];
const VU: &[&str] = &[
    "id_in_instance",
    "id_in_test",
    "iteration_in_instance",
    "iteration_in_scenario",
    "schedule_delay",
    "tags",
];
const INSTANCE: &[&str] = &[
    "current_test_run_duration",
    "iterations_completed",
    "iterations_interrupted",
    "part",
    "parts",
    "vus_active",
    "vus_initialized",
];
const TEST: &[&str] = &["abort", "fail", "options"];

/// The table `exec`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let exec = lua.create_table()?;
    exec.raw_set(
        "scenario",
        live(lua, context, "exec.scenario", SCENARIO, scenario)?,
    )?;
    exec.raw_set("vu", live(lua, context, "exec.vu", VU, vu)?)?;
    exec.raw_set(
        "instance",
        live(lua, context, "exec.instance", INSTANCE, instance)?,
    )?;
    exec.raw_set("test", test(lua, context)?)?;
    Ok(Value::Table(exec))
}

/// A table whose fields are read anew at each access.
fn live(
    lua: &Lua,
    context: &Rc<Context>,
    name: &'static str,
    fields: &'static [&'static str],
    read: Read,
) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    let meta = lua.create_table()?;
    let context = Rc::clone(context);
    meta.raw_set(
        MetaMethod::Index.name(),
        lua.create_function(move |lua, (_, field): (Table, Value)| {
            let field = args::text(name, "the field", &field)?;
            if !fields.contains(&&*field) {
                return Err(args::unknown_field(name, &field, fields));
            }
            match read(lua, &context, &field)? {
                Some(value) => Ok(value),
                None => Err(args::misuse(
                    name,
                    format_args!("{field} has no value in {}", context.stage.get().name()),
                )),
            }
        })?,
    )?;
    meta.raw_set(
        MetaMethod::NewIndex.name(),
        lua.create_function(
            move |_, (_, field, _): (Table, Value, Value)| -> mlua::Result<()> {
                Err(args::misuse(
                    name,
                    format_args!("{} cannot be written", args::shown(&field)),
                ))
            },
        )?,
    )?;
    table.set_metatable(Some(meta))?;
    Ok(table)
}

fn some(lua: &Lua, value: impl IntoLua) -> mlua::Result<Option<Value>> {
    value.into_lua(lua).map(Some)
}

fn scenario(lua: &Lua, context: &Context, field: &str) -> mlua::Result<Option<Value>> {
    let Some(scenario) = &context.scenario else {
        return Ok(None);
    };
    let load = context.process.run.load_started();
    let elapsed = load
        .map_or(Duration::ZERO, |start| start.elapsed())
        .saturating_sub(scenario.start_time);
    match field {
        "name" => some(lua, scenario.name.as_str()),
        "executor" => some(lua, scenario.executor),
        // Seconds since the epoch, so that scripts on several machines can compare them.
        "start_time" => {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            some(lua, now.saturating_sub(elapsed).as_secs_f64())
        }
        "progress" => some(lua, scenario.fraction(elapsed)),
        // Nil rather than an error, so that a script can do without planned starts.
        "start_in_test" => some(
            lua,
            context
                .iteration
                .get()
                .and_then(|iteration| iteration.planned_number),
        ),
        _ => match context.iteration.get() {
            // One process is one instance.
            Some(iteration) if field == "iteration_in_instance" => {
                some(lua, iteration.number_in_process)
            }
            Some(iteration) => some(lua, iteration.number_in_scenario),
            None => Ok(None),
        },
    }
}

fn vu(lua: &Lua, context: &Context, field: &str) -> mlua::Result<Option<Value>> {
    match field {
        "id_in_test" => some(lua, context.vu),
        // The state that runs `setup` is not a VU, and has the number 0 everywhere.
        "id_in_instance" => {
            let before = context.vu.checked_sub(1);
            let own = before.map_or(0, |before| context.process.part.own(before) + 1);
            some(lua, own)
        }
        // Nil rather than an error, so that a script can do without arrival rates.
        "schedule_delay" => some(
            lua,
            context.schedule_delay().map(|delay| delay.as_secs_f64()),
        ),
        "tags" => some(lua, tags(lua)?),
        // A VU works for one scenario, so both numbers are the same.
        _ => match context.iteration.get() {
            Some(iteration) => some(lua, iteration.number_in_vu),
            None => Ok(None),
        },
    }
}

/// `exec.vu.tags`: reads and writes the tags of this VU.
fn tags(lua: &Lua) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    let meta = lua.create_table()?;
    meta.raw_set(
        MetaMethod::Index.name(),
        lua.create_function(|lua, (_, name): (Table, Value)| {
            let name = args::text("exec.vu.tags", "a tag's name", &name)?;
            let context = lua.app_data_ref::<Rc<Context>>();
            Ok(context.and_then(|context| context.tags.borrow().get(&name).map(str::to_owned)))
        })?,
    )?;
    meta.raw_set(
        MetaMethod::NewIndex.name(),
        lua.create_function(|lua, (_, name, value): (Table, Value, Value)| {
            let name = args::text("exec.vu.tags", "a tag's name", &name)?;
            let value = args::text("exec.vu.tags", &name, &value)?;
            if let Some(context) = lua.app_data_ref::<Rc<Context>>() {
                context.set_own_tag(&name, &value);
            }
            Ok(())
        })?,
    )?;
    table.set_metatable(Some(meta))?;
    Ok(table)
}

fn instance(lua: &Lua, context: &Context, field: &str) -> mlua::Result<Option<Value>> {
    let run = &context.process.run;
    match field {
        "current_test_run_duration" => some(lua, elapsed(context).as_secs_f64()),
        "iterations_completed" => some(lua, run.iterations_completed.load(Ordering::Relaxed)),
        "iterations_interrupted" => some(lua, run.iterations_interrupted.load(Ordering::Relaxed)),
        "part" => some(lua, context.process.part.index()),
        "parts" => some(lua, context.process.part.count()),
        "vus_active" => some(lua, run.vus_active.load(Ordering::Relaxed)),
        _ => some(lua, run.vus_initialized.load(Ordering::Relaxed)),
    }
}

fn elapsed(context: &Context) -> Duration {
    context
        .process
        .run
        .started()
        .map_or(Duration::ZERO, |start| start.elapsed())
}

fn test(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Table> {
    let test = lua.create_table()?;
    let ctx = Rc::clone(context);
    test.raw_set(
        "abort",
        lua.create_function(move |_, message: Value| -> mlua::Result<()> {
            let message = reason("exec.test.abort", &message)?;
            ctx.process.run.abort(&message);
            ctx.aborting.set(true);
            // Raised, so that nothing of the iteration runs after the decision to end.
            Err(mlua::Error::runtime(format!("exec.test.abort: {message}")))
        })?,
    )?;
    let ctx = Rc::clone(context);
    test.raw_set(
        "fail",
        lua.create_function(move |_, message: Value| {
            ctx.process.run.fail(reason("exec.test.fail", &message)?);
            Ok(())
        })?,
    )?;
    let meta = lua.create_table()?;
    let ctx = Rc::clone(context);
    meta.raw_set(
        MetaMethod::Index.name(),
        lua.create_function(move |lua, (table, field): (Table, Value)| {
            let field = args::text("exec.test", "the field", &field)?;
            if field != "options" {
                return Err(args::unknown_field("exec.test", &field, TEST));
            }
            let Some(options) = ctx.process.options.get() else {
                return Err(args::misuse(
                    "exec.test",
                    "options are not known in the init stage",
                ));
            };
            let options = serde_json::from_value::<Plain>(options.clone())
                .map_err(|error| args::misuse("exec.test", error))?
                .to_lua(lua)?;
            table.raw_set("options", &options)?;
            Ok(options)
        })?,
    )?;
    test.set_metatable(Some(meta))?;
    Ok(test)
}

/// The reason that a script gives for ending or failing the run.
fn reason(function: &str, message: &Value) -> mlua::Result<String> {
    match message {
        Value::Nil => Ok(format!("the script called {function}")),
        message => args::text(function, "argument 1 (message)", message),
    }
}
