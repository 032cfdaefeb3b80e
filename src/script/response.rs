//! The response and error tables that scripts see, whichever module made the request.

use mlua::{Lua, MetaMethod, Table, Value};

use super::args;
use crate::http::{Error, Head};
use crate::samples::Times;

/// Name in the registry of the metatable of error tables.
const ERROR_META: &str = "ssel.error";
/// Name in the registry of the metatable of header tables.
const HEADERS_META: &str = "ssel.headers";

/// `url`, `status`, `headers`, `proto` and `remote_ip` of a request to `url`; without a head, status 0 and no headers.
pub(crate) fn table(lua: &Lua, url: &str, head: Option<&Head>) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, 12)?;
    table.raw_set("headers", headers(lua, head)?)?;
    let Some(head) = head else {
        table.raw_set("url", url)?;
        table.raw_set("status", 0)?;
        return Ok(table);
    };
    table.raw_set("url", head.url.as_str())?;
    table.raw_set("status", head.status.as_u16())?;
    table.raw_set("proto", head.proto())?;
    if let Some(address) = head.remote_addr {
        table.raw_set("remote_ip", address.ip().to_string())?;
    }
    Ok(table)
}

/// Headers by lower-case name; a look-up in any case finds them. Several of one name are joined by ", ".
fn headers(lua: &Lua, head: Option<&Head>) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    if let Some(head) = head {
        for name in head.headers.keys() {
            let values = head.headers.get_all(name).iter();
            let values: Vec<&[u8]> = values.map(::http::HeaderValue::as_bytes).collect();
            table.raw_set(name.as_str(), lua.create_string(values.join(&b", "[..]))?)?;
        }
    }
    let meta = metatable(lua, HEADERS_META, |meta| {
        let any_case = lua.create_function(|_, (headers, name): (Table, Value)| match name {
            Value::String(name) => {
                headers.raw_get::<Value>(name.to_string_lossy().to_ascii_lowercase())
            }
            _ => Ok(Value::Nil),
        })?;
        meta.raw_set(MetaMethod::Index.name(), any_case)
    })?;
    table.set_metatable(Some(meta))?;
    Ok(table)
}

/// The table `timings`, in seconds.
pub(crate) fn timings(lua: &Lua, times: &Times) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, 9)?;
    for (name, time) in [
        ("blocked", times.blocked),
        ("lookup", times.lookup),
        ("connecting", times.connecting),
        ("tls", times.tls),
        ("sending", times.sending),
        ("waiting", times.waiting),
        ("receiving", times.receiving),
        ("duration", times.duration),
    ] {
        table.raw_set(name, time.as_secs_f64())?;
    }
    if let Some(delay) = times.schedule_delay {
        table.raw_set("schedule_delay", delay.as_secs_f64())?;
    }
    Ok(table)
}

/// `kind`, `message`, `tostring(err)`, and `err:error()` as in k6.
pub(crate) fn error(lua: &Lua, error: &Error) -> mlua::Result<Table> {
    failure(lua, error.kind().as_str(), &error.to_string())
}

/// An error table of any kind.
pub(crate) fn failure(lua: &Lua, kind: &str, message: &str) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, 2)?;
    table.raw_set("kind", kind)?;
    table.raw_set("message", message)?;
    let meta = metatable(lua, ERROR_META, |meta| {
        let text = lua.create_function(|_, error: Value| match error {
            Value::Table(error) => error.raw_get::<Value>("message"),
            _ => Err(args::without_colon("err", "error")),
        })?;
        meta.raw_set(MetaMethod::ToString.name(), &text)?;
        let methods = lua.create_table()?;
        methods.raw_set("error", text)?;
        meta.raw_set(MetaMethod::Index.name(), methods)
    })?;
    table.set_metatable(Some(meta))?;
    Ok(table)
}

/// The metatable of this name, filled when it is first asked for.
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
