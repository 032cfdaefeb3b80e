//! `target.url(path)`: the built-in server, started inside the process when a script first asks for it.

use std::rc::Rc;

use mlua::{Lua, Value};

use super::super::args;
use super::super::context::Context;

/// The table `target`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let target = lua.create_table()?;
    let context = Rc::clone(context);
    target.set(
        "url",
        lua.create_function(move |_, path: Value| {
            let path = match path {
                Value::Nil => String::from("/"),
                path => args::text("target.url", "argument 1 (path)", &path)?,
            };
            if !path.starts_with('/') {
                return Err(args::misuse(
                    "target.url",
                    format_args!("the path must begin with '/', got '{path}'"),
                ));
            }
            let base =
                (context.process.target)().map_err(|error| args::misuse("target.url", error))?;
            Ok(format!("{base}{path}"))
        })?,
    )?;
    Ok(Value::Table(target))
}
