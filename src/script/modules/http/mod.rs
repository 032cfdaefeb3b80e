//! `http`: requests whose answers are read whole.

mod call;
mod exchange;

use std::rc::Rc;

use mlua::{Lua, MultiValue, Value};

use self::call::{Call, Shape};
use self::exchange::Exchange;
use super::{json, waiting};
use crate::samples;
use crate::script::context::Context;
use crate::script::jar::Jar;
use crate::script::response;

/// The table `http`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    response::install(lua)?;
    exchange::install(lua)?;
    json::install_null(lua)?;
    let http = lua.create_table()?;
    for shape in Shape::ALL {
        let context = Rc::clone(context);
        let begin = lua.create_function(move |lua, arguments: MultiValue| {
            let call = Call::new(lua, shape, &arguments)?;
            begin(lua, &context, call);
            Ok(())
        })?;
        http.set(shape.name(), waiting(lua, shape.function, &begin)?)?;
    }
    http.set(
        "cookie_jar",
        lua.create_function(|_, ()| Ok(Jar::default()))?,
    )?;
    Ok(Value::Table(http))
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
