//! `open(path [, "b"])`: the content of a file, relative to the script; in the init stage only.

use std::rc::Rc;

use mlua::{Lua, Value};

use super::super::args;
use super::super::context::Context;
use super::super::files;

/// The function `open`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let context = Rc::clone(context);
    let open = lua.create_function(move |lua, (path, mode): (Value, Value)| {
        let path = args::text("open", "argument 1 (path)", &path)?;
        match &mode {
            Value::Nil => {}
            Value::String(mode) if *mode == "b" => {}
            other => {
                return Err(args::wrong_type(
                    "open",
                    "argument 2",
                    "\"b\" or nothing",
                    other,
                ));
            }
        }
        context.require_init(
            "open",
            "read the file at the script's top level, once, before the load",
        )?;
        let bytes = files::read(&context.process, &context.process.folder.join(path))
            .map_err(|error| args::misuse("open", error))?;
        lua.create_string(&*bytes)
    })?;
    Ok(Value::Function(open))
}
