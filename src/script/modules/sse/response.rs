//! The response and error tables that scripts see.

use mlua::{Lua, MetaMethod, Table, Value};

use crate::http::{Error, Head, Outcome};

/// Name in the registry of the metatable of error tables.
const ERROR_META: &str = "ssel.error";
/// Name in the registry of the metatable of header tables.
const HEADERS_META: &str = "ssel.headers";

/// What is known when a stream opens.
pub(super) fn head(lua: &Lua, url: &str, head: &Head) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.raw_set("url", url)?;
    fill_head(lua, &table, head)?;
    Ok(table)
}

/// The response of a stream that is over; without an outcome, of one that was never sent.
pub(super) fn response(
    lua: &Lua,
    url: &str,
    head: Option<&Head>,
    outcome: Option<&Outcome>,
) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, 12)?;
    table.raw_set("url", url)?;
    if let Some(head) = head {
        fill_head(lua, &table, head)?;
    } else {
        table.raw_set("status", 0)?;
        table.raw_set("headers", headers(lua, None)?)?;
    }
    let Some(outcome) = outcome else {
        table.raw_set("events", 0)?;
        table.raw_set("bytes", 0)?;
        return Ok(table);
    };
    if let Some(error) = &outcome.error {
        table.raw_set("error", error_table(lua, error)?)?;
    }
    if let Some(body) = &outcome.body {
        table.raw_set("body", lua.create_string(body)?)?;
    }
    table.raw_set("events", outcome.events)?;
    table.raw_set("bytes", outcome.bytes_received)?;
    table.raw_set("timings", timings(lua, outcome)?)?;
    Ok(table)
}

fn fill_head(lua: &Lua, table: &Table, head: &Head) -> mlua::Result<()> {
    table.raw_set("url", head.url.as_str())?;
    table.raw_set("status", head.status.as_u16())?;
    table.raw_set("headers", headers(lua, Some(head))?)?;
    table.raw_set("proto", head.proto())?;
    if let Some(address) = head.remote_addr {
        table.raw_set("remote_ip", address.ip().to_string())?;
    }
    Ok(())
}

/// Headers by lower-case name; a look-up in any case finds them. Several of one name are joined by ", ".
fn headers(lua: &Lua, head: Option<&Head>) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    if let Some(head) = head {
        for name in head.headers.keys() {
            let values: Vec<&[u8]> = head
                .headers
                .get_all(name)
                .iter()
                .map(http::HeaderValue::as_bytes)
                .collect();
            table.raw_set(name.as_str(), lua.create_string(values.join(&b", "[..]))?)?;
        }
    }
    let meta = registered(lua, HEADERS_META, |meta| {
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

fn timings(lua: &Lua, outcome: &Outcome) -> mlua::Result<Table> {
    let t = &outcome.timings;
    let table = lua.create_table_with_capacity(0, 9)?;
    for (name, time) in [
        ("blocked", t.blocked),
        ("lookup", t.lookup),
        ("connecting", t.connecting),
        ("tls", t.tls),
        ("sending", t.sending),
        ("waiting", t.waiting),
        ("receiving", t.receiving),
        ("duration", t.duration),
    ] {
        table.raw_set(name, time.as_secs_f64())?;
    }
    if let Some(first) = t.first_event {
        table.raw_set("first_event", first.as_secs_f64())?;
    }
    Ok(table)
}

/// `kind`, `message`, `tostring(err)`, and `err:error()` as in k6.
pub(super) fn error_table(lua: &Lua, error: &Error) -> mlua::Result<Table> {
    failure(lua, error.kind().as_str(), &error.to_string())
}

/// An error table of any kind.
pub(super) fn failure(lua: &Lua, kind: &str, message: &str) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, 2)?;
    table.raw_set("kind", kind)?;
    table.raw_set("message", message)?;
    let meta = registered(lua, ERROR_META, |meta| {
        let text = lua.create_function(|_, error: Table| error.raw_get::<Value>("message"))?;
        meta.raw_set(MetaMethod::ToString.name(), &text)?;
        let methods = lua.create_table()?;
        methods.raw_set("error", text)?;
        meta.raw_set(MetaMethod::Index.name(), methods)
    })?;
    table.set_metatable(Some(meta))?;
    Ok(table)
}

fn registered(
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
