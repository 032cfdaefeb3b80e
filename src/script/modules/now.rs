//! `now()`: monotonic seconds with sub-microsecond steps; only differences mean anything.

use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Instant;

use mlua::{Lua, Value};

use super::super::context::Context;

/// The function `now`. All states of a process share its zero.
pub(crate) fn load(lua: &Lua, _: &Rc<Context>) -> mlua::Result<Value> {
    static ZERO: OnceLock<Instant> = OnceLock::new();
    let zero = *ZERO.get_or_init(Instant::now);
    Ok(Value::Function(lua.create_function(move |_, ()| {
        Ok(zero.elapsed().as_secs_f64())
    })?))
}
