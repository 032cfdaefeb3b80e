//! `http`: requests whose response is read as a whole.

mod call;
mod response;

use std::rc::Rc;

use mlua::{Lua, MultiValue, Value};

use self::call::{PreparedRequest, Signature};
use super::json;
use crate::samples::RequestOutcome;
use crate::script::context::Context;
use crate::script::jar::Jar;
use crate::script::native::Functions;

/// The table `http`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    crate::script::response::install(lua)?;
    response::install(lua)?;
    json::install_null(lua)?;
    let http = Functions::new(lua, context)?;
    for signature in Signature::ALL {
        http.add_waiting(
            signature.function,
            move |lua, ctx, arguments: MultiValue| {
                begin(lua, ctx, PreparedRequest::new(lua, signature, &arguments)?);
                Ok(())
            },
        )?;
    }
    http.add_pure("cookie_jar", |_, ()| Ok(Jar::default()))?;
    Ok(Value::Table(http.table))
}

/// The maximum size of a body: half of the memory of a VU's Lua state.
const MAX_BODY: usize = crate::script::state::MEMORY_LIMIT / 2;

fn begin(lua: &Lua, context: &Rc<Context>, call: PreparedRequest) {
    let PreparedRequest { request, tags } = call;
    let (lua, ctx) = (lua.clone(), Rc::clone(context));
    context.wait_for(async move {
        let exchange = RequestOutcome::run(&*ctx, request, &tags, MAX_BODY).await;
        let response = response::table(&lua, &exchange)?;
        Ok(MultiValue::from_iter([Value::Table(response)]))
    });
}
