//! The response and error tables of scripts.

use std::ffi::CStr;

use ::http::HeaderValue;
use mlua::{Lua, MetaMethod, Table, Value};

use super::args;
use super::fields::Fields;
use crate::http::{Error, Head};
use crate::samples::Times;

/// Name in the registry of the metatable of error tables.
const ERROR_META: &CStr = c"ssel.error";
/// Name in the registry of the metatable of header tables.
const HEADERS_META: &CStr = c"ssel.headers";

/// Makes the metatables of what is described here; to be called by each module that hands it out, before it does.
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

/// `url`, `status`, `headers`, `proto` and `remote_ip` of a request to `url`; without a head, status 0 and no headers.
pub(crate) fn fields<'a>(url: &'a str, head: Option<&'a Head>) -> Fields<'a> {
    let mut fields = Fields::with_capacity(12);
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

/// The table of [`fields`].
pub(crate) fn table(lua: &Lua, url: &str, head: Option<&Head>) -> mlua::Result<Table> {
    fields(url, head).into_table(lua)
}

/// Headers by lower-case name; a look-up in any case finds them. Several of one name are joined by ", ".
fn headers(head: Option<&Head>) -> Fields<'_> {
    let Some(head) = head else {
        return Fields::default().with_metatable(HEADERS_META);
    };
    let mut fields = Fields::with_capacity(head.headers.keys_len()).with_metatable(HEADERS_META);
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
pub(crate) fn timings_fields(times: &Times) -> Fields<'static> {
    let mut fields = Fields::with_capacity(10);
    for (name, time) in [
        ("blocked", times.phases.blocked),
        ("lookup", times.phases.lookup),
        ("connecting", times.phases.connecting),
        ("tls", times.phases.tls),
        ("sending", times.phases.sending),
        ("waiting", times.phases.waiting),
        ("receiving", times.receiving),
        ("duration", times.duration),
    ] {
        fields.number(name, time.as_secs_f64());
    }
    if let Some(delay) = times.schedule_delay {
        fields.number("schedule_delay", delay.as_secs_f64());
    }
    fields
}

/// The table of [`timings_fields`].
pub(crate) fn timings(lua: &Lua, times: &Times) -> mlua::Result<Table> {
    timings_fields(times).into_table(lua)
}

/// `kind`, `message`, `tostring(err)`, and `err:error()` as in k6.
pub(crate) fn error_fields(error: &Error) -> Fields<'static> {
    failure_fields(error.kind.as_str(), error.to_string())
}

/// The table of [`error_fields`].
pub(crate) fn error(lua: &Lua, error: &Error) -> mlua::Result<Table> {
    error_fields(error).into_table(lua)
}

/// An error table of any kind.
pub(crate) fn failure(lua: &Lua, kind: &str, message: &str) -> mlua::Result<Table> {
    failure_fields(kind, message.to_owned()).into_table(lua)
}

fn failure_fields(kind: &str, message: String) -> Fields<'_> {
    let mut fields = Fields::with_capacity(2).with_metatable(ERROR_META);
    fields.text("kind", kind);
    fields.bytes("message", message.into_bytes());
    fields
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
