//! `check`: named conditions, counted. A condition that is false or raises an error counts as failed.

use std::rc::Rc;

use mlua::{Lua, Table, Value};

use super::super::args;
use super::super::bundled::Bundled;
use super::super::context::Context;
use super::super::native::Functions;

/// The function `check`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    static CODE: Bundled = Bundled::new("check", include_str!("check.lua"));
    let native = Functions::new(lua, context)?;
    native.add("record", record)?;
    native.add("raised", |_, ctx, (name, error): (Value, Value)| {
        let name = args::text("check", "a check's name", &name)?;
        let error = error.to_string().unwrap_or_default();
        let message = format!("the check '{name}' raised: {error}");
        ctx.process.console.script_error(&message);
        Ok(())
    })?;
    native.add_pure("sorted_names", |_, checks: Table| sorted_names(&checks))?;
    CODE.run(lua, native.table)
}

fn record(
    _: &Lua,
    context: &Rc<Context>,
    (name, ok, tags): (Value, bool, Value),
) -> mlua::Result<()> {
    let name = check_name(&name)?;
    let own = args::tags("check", "argument 3 (tags)", &tags)?;
    let tags = context.tags.borrow().merged(&own).with("check", name);
    let recorder = &context.recorder;
    let series = recorder.series(context.process.registry.builtin().checks, &tags);
    recorder.add(&series, if ok { 1.0 } else { 0.0 });
    Ok(())
}

fn sorted_names(checks: &Table) -> mlua::Result<Vec<String>> {
    let names = checks.pairs::<Value, Value>();
    let mut names: Vec<String> = names
        .map(|pair| check_name(&pair?.0))
        .collect::<mlua::Result<_>>()?;
    names.sort();
    Ok(names)
}

fn check_name(name: &Value) -> mlua::Result<String> {
    match name {
        Value::String(name) => Ok(name.to_string_lossy()),
        other => {
            let expected =
                "a string, as in { [\"status is 200\"] = function(r) return r.status == 200 end }";
            Err(args::wrong_type("check", "a check's name", expected, other))
        }
    }
}
