//! `group`: names a section of an iteration, tags its samples and records its duration in `group_duration`.

use std::rc::Rc;

use mlua::{Lua, Value};

use super::super::args;
use super::super::bundled::Bundled;
use super::super::context::Context;
use super::super::native::Functions;
use super::now::now;

/// The function `group`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    static CODE: Bundled = Bundled::new("group", include_str!("group.lua"));
    let native = Functions::new(lua, context)?;
    native.add("enter", |_, ctx, name: String| {
        if name.contains("::") {
            let what = "a name may not contain '::', which separates nested groups";
            return Err(args::misuse("group", what));
        }
        ctx.enter_group(&name);
        Ok(now())
    })?;
    native.add("leave", |_, ctx, (entered, completed): (f64, bool)| {
        // As with a failed iteration, the duration of a group that raises would distort the trend.
        if completed {
            let recorder = &ctx.recorder;
            let metric = ctx.process.registry.builtin().group_duration;
            let series = recorder.series(metric, &ctx.tags.borrow());
            recorder.add(&series, now() - entered);
        }
        ctx.leave_group();
        Ok(())
    })?;
    CODE.run(lua, native.table)
}
