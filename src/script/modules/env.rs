//! `env.NAME`: variables of the scenario, of `-e` and of the process; nil if a variable is not set.

use std::rc::Rc;

use mlua::{Lua, Table, Value};

use super::super::args;
use super::super::context::Context;
use super::super::native::Functions;

/// The table `env`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let meta = Functions::new(lua, context)?;
    meta.add("__index", |_, ctx, (_, name): (Table, Value)| {
        Ok(ctx.variable(&args::text("env", "a variable's name", &name)?))
    })?;
    meta.add_pure("__newindex", |_, _: (Table, Value, Value)| {
        let what = "cannot be written; give variables with -e NAME=value";
        Err::<(), _>(args::misuse("env", what))
    })?;
    meta.into_metatable().map(Value::Table)
}
