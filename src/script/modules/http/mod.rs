//! `http`: requests whose response is read as a whole.

mod call;
mod response;

use std::rc::Rc;

use mlua::{Lua, MultiValue, Value};

use self::call::{Call, Shape};
use super::json;
use crate::samples::Exchange;
use crate::script::context::Context;
use crate::script::jar::Jar;
use crate::script::native::Functions;

/// The table `http`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    crate::script::response::install(lua)?;
    response::install(lua)?;
    json::install_null(lua)?;
    let http = Functions::new(lua, context)?;
    for shape in Shape::ALL {
        http.add_waiting(shape.function, move |lua, ctx, arguments: MultiValue| {
            begin(lua, ctx, Call::new(lua, shape, &arguments)?);
            Ok(())
        })?;
    }
    http.add_pure("cookie_jar", |_, ()| Ok(Jar::default()))?;
    Ok(Value::Table(http.table))
}

/// A longer body is an error: half of what the Lua state of a VU may hold.
const MAX_BODY: usize = crate::script::state::MEMORY_LIMIT / 2;

fn begin(lua: &Lua, context: &Rc<Context>, call: Call) {
    let Call { request, tags } = call;
    let (lua, ctx) = (lua.clone(), Rc::clone(context));
    context.wait_for(async move {
        let exchange = Exchange::run(&*ctx, request, &tags, MAX_BODY).await;
        let response = response::table(&lua, &exchange)?;
        Ok(MultiValue::from_iter([Value::Table(response)]))
    });
}
