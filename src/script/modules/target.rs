//! `target.url(path)`: the URL of the built-in server, which starts when a script first asks for it.

use std::rc::Rc;

use mlua::{Lua, Value};

use super::super::args;
use super::super::context::Context;
use super::super::native::Functions;

const FUNCTION: &str = "target.url";

/// The table `target`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let target = Functions::new(lua, context)?;
    target.add("url", |_, ctx, path: Value| {
        let path = match path {
            Value::Nil => String::from("/"),
            path => args::text(FUNCTION, "argument 1 (path)", &path)?,
        };
        if !path.starts_with('/') {
            let what = format_args!("the path must begin with '/', got '{path}'");
            return Err(args::misuse(FUNCTION, what));
        }
        let base = (ctx.process.target)().map_err(|error| args::misuse(FUNCTION, error))?;
        Ok(format!("{base}{path}"))
    })?;
    Ok(Value::Table(target.table))
}
