//! `http`: requests whose response is read as a whole.

mod call;
mod exchange;

use std::rc::Rc;

use mlua::{Lua, MultiValue, Value};

use self::call::{Call, Shape};
use self::exchange::Exchange;
use super::json;
use crate::samples;
use crate::script::context::Context;
use crate::script::jar::Jar;
use crate::script::native::Functions;
use crate::script::response;

/// The table `http`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    response::install(lua)?;
    exchange::install(lua)?;
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

fn begin(lua: &Lua, context: &Rc<Context>, call: Call) {
    let Call { request, tags } = call;
    let tags = samples::request_tags(&context.tags.borrow(), &request.method, &request.url, &tags);
    let (lua, ctx) = (lua.clone(), Rc::clone(context));
    context.wait_for(async move {
        let mut exchange = Exchange::run(&ctx, request, &tags).await;
        exchange.record(&ctx, &tags);
        exchange
            .into_lua(&lua)
            .map(|response| MultiValue::from_iter([Value::Table(response)]))
    });
}
