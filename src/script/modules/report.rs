//! `report.text(summary)`: the usual screen, for a `handle_summary` that writes a file as well.

use std::rc::Rc;

use mlua::{Lua, Table, Value};

use super::super::args;
use super::super::context::Context;

const FUNCTION: &str = "report.text";

/// The table `report`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let report = lua.create_table()?;
    let context = Rc::clone(context);
    let text = lua.create_function(move |lua, (_, options): (Value, Value)| {
        let Some(text) = context.process.summary_text.get() else {
            let what = "there is a summary in handle_summary only";
            return Err(args::misuse(FUNCTION, what));
        };
        lua.create_string(text(colors(&options)?))
    })?;
    report.raw_set("text", text)?;
    Ok(Value::Table(report))
}

/// `{ colors = false }` leaves the colours out that the screen would have.
fn colors(options: &Value) -> mlua::Result<bool> {
    let options: &Table = match options {
        Value::Nil => return Ok(true),
        Value::Table(options) => options,
        other => {
            let expected = "a table such as { colors = false }";
            return Err(args::wrong_type(
                FUNCTION,
                "argument 2 (options)",
                expected,
                other,
            ));
        }
    };
    match options.raw_get("colors")? {
        Value::Nil => Ok(true),
        Value::Boolean(colors) => Ok(colors),
        other => Err(args::wrong_type(
            FUNCTION,
            "colors",
            "true or false",
            &other,
        )),
    }
}
