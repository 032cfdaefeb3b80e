//! `sleep(seconds)`: pauses the calling coroutine, never the thread.

use std::rc::Rc;

use mlua::{Lua, MultiValue, Value};

use super::super::args;
use super::super::context::Context;
use super::super::native::waiting;

/// The function `sleep`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    waiting(lua, context, "sleep", |_, ctx, seconds: Value| {
        let pause = args::duration("sleep", "argument 1 (seconds)", &seconds)?;
        ctx.wait_for(async move {
            tokio::time::sleep(pause).await;
            Ok(MultiValue::new())
        });
        Ok(())
    })
}
