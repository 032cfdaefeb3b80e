//! The response and error tables that scripts receive from all modules.

use std::ffi::CStr;

use ::http::HeaderValue;
use mlua::{Lua, MetaMethod, Table, Value};

use super::args;
use super::table_builder::TableBuilder;
use crate::http::{Error, Head};
use crate::samples::RequestTimes;

/// Name in the registry of the metatable of error tables.
const ERROR_META: &CStr = c"ssel.error";
/// Name in the registry of the metatable of header tables.
const HEADERS_META: &CStr = c"ssel.headers";

/// Creates the metatables of these tables. Each module that returns one calls this before.
pub(crate) fn install(lua: &Lua) -> mlua::Result<()> {
    metatable(lua, &ERROR_META.to_string_lossy(), |meta| {
        let text = lua.create_function(|_, error: Value| match error {
            Value::Table(error) => error.raw_get::<Value>("message"),
            _ => Err(args::without_colon("err", "error")),
        })?;
        meta.raw_set(MetaMethod::ToString.name(), &text)?;
        let methods = lua.create_table()?;
        methods.raw_set("error", text)?;
        meta.raw_set(MetaMethod::Index.name(), methods)
    })?;
    metatable(lua, &HEADERS_META.to_string_lossy(), |meta| {
        let any_case = lua.create_function(|_, (headers, name): (Table, Value)| match name {
            Value::String(name) => {
                headers.raw_get::<Value>(name.to_string_lossy().to_ascii_lowercase())
            }
            _ => Ok(Value::Nil),
        })?;
        meta.raw_set(MetaMethod::Index.name(), any_case)
    })?;
    Ok(())
}

/// `url`, `status`, `headers`, `proto` and `remote_ip` of a request to `url`. Without a response, the status is 0.
pub(crate) fn fields<'a>(url: &'a str, head: Option<&'a Head>) -> TableBuilder<'a> {
    let mut fields = TableBuilder::with_capacity(12);
    fields.table("headers", headers(head));
    let Some(head) = head else {
        fields.text("url", url);
        fields.number("status", 0);
        return fields;
    };
    fields.text("url", head.url.as_str());
    fields.number("status", head.status.as_u16());
    fields.text("proto", head.proto());
    if let Some(address) = head.remote_addr {
        fields.bytes("remote_ip", address.ip().to_string().into_bytes());
    }
    fields
}

/// Headers by lower-case name; lookups ignore case. Several headers of one name are joined by ", ".
fn headers(head: Option<&Head>) -> TableBuilder<'_> {
    let Some(head) = head else {
        return TableBuilder::default().with_metatable(HEADERS_META);
    };
    let mut fields =
        TableBuilder::with_capacity(head.headers.keys_len()).with_metatable(HEADERS_META);
    for name in head.headers.keys() {
        let mut values = head.headers.get_all(name).iter().map(HeaderValue::as_bytes);
        match (values.next(), values.next()) {
            (Some(only), None) => fields.text(name.as_str(), only),
            (first, second) => {
                let values: Vec<&[u8]> = first.into_iter().chain(second).chain(values).collect();
                fields.bytes(name.as_str(), values.join(&b", "[..]));
            }
        }
    }
    fields
}

/// The table `timings`, in seconds.
pub(crate) fn timings(times: &RequestTimes) -> TableBuilder<'static> {
    let mut fields = TableBuilder::with_capacity(10);
    let phases = &times.phases;
    fields.numbers(
        [
            ("blocked", Some(phases.blocked)),
            ("lookup", Some(phases.lookup)),
            ("connecting", Some(phases.connecting)),
            ("tls", Some(phases.tls)),
            ("sending", Some(phases.sending)),
            ("waiting", Some(phases.waiting)),
            ("receiving", Some(times.receiving)),
            ("duration", Some(times.duration)),
            ("schedule_delay", times.schedule_delay),
        ]
        .map(|(name, time)| (name, time.map(|time| time.as_secs_f64()))),
    );
    fields
}

/// `kind`, `message`, `tostring(err)`, and `err:error()` as in k6.
pub(crate) fn error(error: &Error) -> TableBuilder<'static> {
    failure(error.kind.as_str(), error.to_string())
}

/// An error table of any kind.
pub(crate) fn failure(kind: &str, message: String) -> TableBuilder<'_> {
    let mut fields = TableBuilder::with_capacity(2).with_metatable(ERROR_META);
    fields.text("kind", kind);
    fields.bytes("message", message.into_bytes());
    fields
}

/// The metatable of this name; the first call fills it.
pub(crate) fn metatable(
    lua: &Lua,
    name: &str,
    fill: impl FnOnce(&Table) -> mlua::Result<()>,
) -> mlua::Result<Table> {
    if let Some(meta) = lua.named_registry_value::<Option<Table>>(name)? {
        return Ok(meta);
    }
    let meta = lua.create_table()?;
    fill(&meta)?;
    lua.set_named_registry_value(name, &meta)?;
    Ok(meta)
}
