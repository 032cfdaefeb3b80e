//! `group`: a name for a part of an iteration, tagged on its samples and timed in `group_duration`.

use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Instant;

use mlua::{Lua, Value};

use super::super::args;
use super::super::context::Context;
use super::super::state::{Base, load_own};

/// The function `group`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    static CODE: OnceLock<Vec<u8>> = OnceLock::new();
    let native = lua.create_table()?;
    let ctx = Rc::clone(context);
    let birth = Instant::now();
    native.set(
        "enter",
        lua.create_function(move |_, name: String| {
            if name.contains("::") {
                return Err(args::misuse(
                    "group",
                    "a name may not contain '::', which separates nested groups",
                ));
            }
            ctx.enter_group(&name);
            Ok(birth.elapsed().as_secs_f64())
        })?,
    )?;
    let ctx = Rc::clone(context);
    native.set(
        "leave",
        lua.create_function(move |_, (entered, completed): (f64, bool)| {
            // Like an iteration that fails, a group that raises has no duration worth an average.
            if completed {
                let recorder = &ctx.recorder;
                let metric = ctx.process.registry.builtin().group_duration;
                let series = recorder.series(metric, &ctx.tags.borrow());
                recorder.add(&series, birth.elapsed().as_secs_f64() - entered);
            }
            ctx.leave_group();
            Ok(())
        })?,
    )?;
    native.set(
        "misuse",
        lua.create_function(|_, (name, function): (Value, Value)| -> mlua::Result<()> {
            Err(match name {
                Value::String(_) => {
                    args::wrong_type("group", "argument 2", "a function", &function)
                }
                name => args::wrong_type("group", "argument 1 (name)", "a string", &name),
            })
        })?,
    )?;
    let base = lua
        .app_data_ref::<Base>()
        .map(|base| base.functions.clone());
    load_own(lua, "group", include_str!("group.lua"), &CODE)?.call((native, base))
}
