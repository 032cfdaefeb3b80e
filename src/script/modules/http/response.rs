//! The response of a request, for scripts.

use std::ffi::CStr;

use mlua::{Lua, MetaMethod, Table, Value};

use super::super::json;
use crate::samples::RequestOutcome;
use crate::script::{args, response};

/// Name in the registry of the metatable of responses.
const RESPONSE_META: &CStr = c"ssel.http.response";

/// Creates the metatable of responses.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let meta = response::metatable(lua, &RESPONSE_META.to_string_lossy(), |meta| {
        let methods = lua.create_table()?;
        methods.raw_set(
            "json",
            lua.create_function(|lua, (this, options): (Value, Value)| {
                decode(lua, &this, &options)
            })?,
        )?;
        meta.raw_set(MetaMethod::Index.name(), methods)
    });
    meta.map(drop)
}

/// The response table.
pub(super) fn table(lua: &Lua, exchange: &RequestOutcome) -> mlua::Result<Table> {
    let mut fields = response::fields(exchange.url.as_str(), exchange.head.as_ref());
    if let Some(body) = &exchange.body {
        fields.text("body", body);
    }
    if let Some(error) = &exchange.error {
        fields.table("error", response::error(error));
    }
    fields.table("timings", response::timings(&exchange.times));
    fields.with_metatable(RESPONSE_META).into_table(lua)
}

/// `response:json()`.
fn decode(lua: &Lua, this: &Value, options: &Value) -> mlua::Result<Value> {
    const FUNCTION: &str = "response:json";
    let Value::Table(response) = this else {
        let expected = "a response; call it with a colon";
        return Err(args::wrong_type(FUNCTION, "the response", expected, this));
    };
    let Value::String(body) = response.raw_get("body")? else {
        let error: Value = response.raw_get("error")?;
        let reason = error.to_string()?;
        let what = format_args!("there is no body: {reason}");
        return Err(args::misuse(FUNCTION, what));
    };
    json::decode(
        lua,
        &body.as_bytes(),
        json::JsonOptions::of_decoding(FUNCTION, options)?,
    )
    .map_err(|error| args::misuse(FUNCTION, format_args!("the body is not JSON: {error}")))
}
