//! `sleep(seconds)`: pauses the calling coroutine, never the thread.

use std::rc::Rc;

use mlua::{Lua, MultiValue, Value};

use super::super::args;
use super::super::context::Context;
use super::waiting;

/// The function `sleep`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let context = Rc::clone(context);
    let begin = lua.create_function(move |_, seconds: Value| {
        let pause = args::duration("sleep", "argument 1 (seconds)", &seconds)?;
        context.wait_for(async move {
            tokio::time::sleep(pause).await;
            Ok(MultiValue::new())
        });
        Ok(())
    })?;
    waiting(lua, "sleep", &begin)
}
