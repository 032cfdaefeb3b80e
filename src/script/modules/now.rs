//! `now()`: monotonic time in seconds, with a resolution below a microsecond. Only differences are meaningful.

use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Instant;

use mlua::{Lua, Value};

use super::super::context::Context;

/// The time in seconds since the first call; all states of the process share the clock.
pub(super) fn now() -> f64 {
    static ZERO: LazyLock<Instant> = LazyLock::new(Instant::now);
    ZERO.elapsed().as_secs_f64()
}

/// The function `now`.
pub(crate) fn load(lua: &Lua, _: &Rc<Context>) -> mlua::Result<Value> {
    Ok(Value::Function(lua.create_function(|_, ()| Ok(now()))?))
}
