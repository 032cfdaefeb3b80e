//! `fail(message)`: ends the iteration with an error.

use std::rc::Rc;

use mlua::{Lua, Value};

use super::super::context::Context;

/// The function `fail`.
pub(crate) fn load(lua: &Lua, _: &Rc<Context>) -> mlua::Result<Value> {
    let fail = lua.create_function(|_, message: Option<Value>| -> mlua::Result<()> {
        let message = match message {
            Some(message) => message.to_string()?,
            None => "the iteration failed".into(),
        };
        Err(mlua::Error::runtime(message))
    })?;
    Ok(Value::Function(fail))
}
