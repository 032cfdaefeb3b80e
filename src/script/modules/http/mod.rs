//! `http`: requests whose answers are read whole.

mod call;
mod exchange;

use std::rc::Rc;

use mlua::{Lua, MultiValue, Value};

use self::call::{Call, Shape};
use self::exchange::Exchange;
use super::super::context::Context;
use super::super::jar::Jar;
use super::super::samples;
use super::waiting;
use crate::metrics::Tags;

/// The table `http`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
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
    let tags = samples::request_tags(context, &request.method, &request.url, &tags);
    let (lua, ctx) = (lua.clone(), Rc::clone(context));
    context.wait_for(async move {
        let pending = Pending(&ctx, &tags);
        let exchange = Exchange::run(&ctx.client(), request).await;
        std::mem::forget(pending);
        exchange.record(&ctx, &tags);
        exchange
            .into_lua(&lua)
            .map(|response| MultiValue::from_iter([Value::Table(response)]))
    });
}

/// A request that is under way. It is counted even if it is cut off with its iteration.
struct Pending<'a>(&'a Context, &'a Tags);

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        samples::record_given_up(self.0, self.1);
    }
}
