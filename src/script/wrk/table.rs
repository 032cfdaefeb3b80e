//! The table `wrk`.

use mlua::{Function, Lua, Table, Value};

use super::super::args;
use super::super::bundled::Bundled;
use super::address;
use super::state::WrkScript;

/// Adds `wrk` to the state's globals; the script may change it before it is used.
pub(super) fn install(lua: &Lua, script: &WrkScript) -> mlua::Result<()> {
    static CODE: Bundled = Bundled::new("wrk", include_str!("wrk.lua"));
    let target = &script.target;
    let wrk = lua.create_table()?;
    wrk.raw_set("scheme", target.scheme.as_str())?;
    wrk.raw_set("host", target.host.as_str())?;
    // A string, as in wrk; nil if the URL has none.
    wrk.raw_set("port", target.port.map(|port| port.to_string()))?;
    wrk.raw_set("method", "GET")?;
    wrk.raw_set("path", target.path.as_str())?;
    let headers = lua.create_table()?;
    for (name, value) in &script.headers {
        headers.raw_set(name.as_str(), value.as_str())?;
    }
    wrk.raw_set("headers", headers)?;
    wrk.raw_set("lookup", lua.create_function(address::lookup)?)?;
    wrk.raw_set(
        "connect",
        lua.create_function(|_, address| address::connect(&address))?,
    )?;
    CODE.function(lua)?.call::<()>(&wrk)?;
    lua.globals().raw_set("wrk", wrk)
}

/// The table, or its replacement by the script.
pub(super) fn of(lua: &Lua) -> mlua::Result<Table> {
    match lua.globals().raw_get("wrk")? {
        Value::Table(wrk) => Ok(wrk),
        other => Err(mlua::Error::runtime(format!(
            "the global wrk must remain a table, got {}",
            args::shown(&other)
        ))),
    }
}

/// A function of the table, which the script may have replaced.
pub(super) fn function(lua: &Lua, name: &str) -> mlua::Result<Function> {
    match of(lua)?.get(name)? {
        Value::Function(function) => Ok(function),
        other => Err(mlua::Error::runtime(format!(
            "wrk.{name} must remain a function, got {}; set fields of wrk instead of replacing it",
            args::shown(&other)
        ))),
    }
}
