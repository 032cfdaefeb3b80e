//! `env.NAME`: the variables of the scenario, of `-e`, and of the process; nil when absent.

use std::rc::Rc;

use mlua::{Lua, MetaMethod, Table, Value};

use super::super::args;
use super::super::context::Context;

/// The table `env`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let env = lua.create_table()?;
    let meta = lua.create_table()?;
    let ctx = Rc::clone(context);
    meta.raw_set(
        MetaMethod::Index.name(),
        lua.create_function(move |_, (_, name): (Table, Value)| {
            Ok(ctx.variable(&args::text("env", "a variable's name", &name)?))
        })?,
    )?;
    meta.raw_set(
        MetaMethod::NewIndex.name(),
        lua.create_function(|_, _: (Table, Value, Value)| -> mlua::Result<()> {
            Err(args::misuse(
                "env",
                "cannot be written; give variables with -e NAME=value",
            ))
        })?,
    )?;
    env.set_metatable(Some(meta))?;
    Ok(Value::Table(env))
}
