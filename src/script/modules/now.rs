//! `now()`: monotonic time in seconds, with a resolution below a microsecond. Only differences are meaningful.

use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Instant;

use mlua::{Lua, Value};

use super::super::context::Context;

/// Zero of the clock, shared by all states of the process.
static ZERO: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The function `now`.
pub(crate) fn load(lua: &Lua, _: &Rc<Context>) -> mlua::Result<Value> {
    let zero = *ZERO;
    let now = lua.create_function(move |_, ()| Ok(zero.elapsed().as_secs_f64()))?;
    Ok(Value::Function(now))
}
