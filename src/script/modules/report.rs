//! `report.text(summary)`: the summary as printed by default, for a `handle_summary` that also writes a file.

use std::rc::Rc;

use mlua::{Lua, Value};

use super::super::args;
use super::super::context::Context;
use super::super::native::Functions;

const FUNCTION: &str = "report.text";

/// The table `report`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let report = Functions::new(lua, context)?;
    report.add("text", |lua, ctx, (_, options): (Value, Value)| {
        let Some(text) = ctx.process.summary_text.get() else {
            let what = "the summary is only available in handle_summary";
            return Err(args::misuse(FUNCTION, what));
        };
        lua.create_string(text(colors(&options)?))
    })?;
    Ok(Value::Table(report.table))
}

/// Whether the text has the colours of the terminal; `{ colors = false }` removes them.
fn colors(options: &Value) -> mlua::Result<bool> {
    let colors = match options {
        Value::Nil => return Ok(true),
        Value::Table(options) => options.raw_get("colors")?,
        other => {
            let (place, expected) = ("argument 2 (options)", "a table such as { colors = false }");
            return Err(args::wrong_type(FUNCTION, place, expected, other));
        }
    };
    match colors {
        Value::Nil => Ok(true),
        colors => args::flag(FUNCTION, "colors", &colors),
    }
}
