//! `check`: named conditions, counted; a failing or raising one counts as failed.

use std::rc::Rc;
use std::sync::OnceLock;

use mlua::{Lua, Table, Value};

use super::super::args;
use super::super::context::Context;
use super::super::state::load_own;

/// The function `check`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    static CODE: OnceLock<Vec<u8>> = OnceLock::new();
    let native = lua.create_table()?;
    let ctx = Rc::clone(context);
    native.set(
        "record",
        lua.create_function(move |_, (name, ok, tags): (Value, bool, Value)| {
            record(&ctx, &name, ok, &tags)
        })?,
    )?;
    let ctx = Rc::clone(context);
    native.set(
        "raised",
        lua.create_function(move |_, (name, error): (Value, Value)| {
            let name = args::text("check", "a check's name", &name)?;
            let error = error.to_string().unwrap_or_default();
            ctx.process
                .console
                .script_error(&format!("the check '{name}' raised: {error}"));
            Ok(())
        })?,
    )?;
    native.set(
        "misuse_name",
        lua.create_function(|_, name: Value| -> mlua::Result<()> { Err(bad_name(&name)) })?,
    )?;
    native.set(
        "sorted_names",
        lua.create_function(|_, checks: Table| sorted_names(&checks))?,
    )?;
    native.set(
        "misuse",
        lua.create_function(|_, got: Value| -> mlua::Result<()> {
            Err(args::wrong_type(
                "check",
                "argument 2",
                "a table of named checks, as in check(value, { [\"status is 200\"] = function(r) return r.status == 200 end })",
                &got,
            ))
        })?,
    )?;
    load_own(lua, "check", include_str!("check.lua"), &CODE)?.call(native)
}

fn bad_name(name: &Value) -> mlua::Error {
    let expected =
        "a string, as in { [\"status is 200\"] = function(r) return r.status == 200 end }";
    args::wrong_type("check", "a check's name", expected, name)
}

fn record(context: &Context, name: &Value, ok: bool, tags: &Value) -> mlua::Result<()> {
    let name = args::text("check", "a check's name", name)?;
    let own = args::tags("check", "argument 3 (tags)", tags)?;
    let tags = context.tags.borrow().merged(&own).with("check", name);
    let recorder = &context.recorder;
    let series = recorder.series(context.process.registry.builtin().checks, &tags);
    recorder.add(&series, if ok { 1.0 } else { 0.0 });
    Ok(())
}

fn sorted_names(checks: &Table) -> mlua::Result<Vec<String>> {
    let mut names = Vec::new();
    for pair in checks.pairs::<Value, Value>() {
        match pair?.0 {
            Value::String(name) => names.push(name.to_string_lossy().clone()),
            name => {
                return Err(bad_name(&name));
            }
        }
    }
    names.sort();
    Ok(names)
}
