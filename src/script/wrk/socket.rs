//! `require "socket"`: the clock of `LuaSocket`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mlua::{Function, Lua, Table, Value};

use super::super::args;
use super::super::modules::explain_absent;

/// Makes it available to `require "socket"`.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let package: Table = lua.globals().get("package")?;
    let preload: Table = package.raw_get("preload")?;
    preload.raw_set("socket", lua.create_function(|lua, _: Value| module(lua))?)
}

fn module(lua: &Lua) -> mlua::Result<Table> {
    let socket = lua.create_table()?;
    socket.raw_set("gettime", lua.create_function(|_, ()| Ok(now()))?)?;
    socket.raw_set(
        "sleep",
        lua.create_function(|_, seconds: Value| sleep("socket.sleep", &seconds))?,
    )?;
    socket.raw_set("select", select(lua)?)?;
    explain_absent(
        lua,
        &socket,
        "socket",
        "ssel provides gettime, sleep and select(nil, nil, seconds); make requests with wrk.format and `request`",
    )?;
    // Old versions also set a global.
    if lua.globals().raw_get::<Value>("socket")?.is_nil() {
        lua.globals().raw_set("socket", &socket)?;
    }
    Ok(socket)
}

/// Seconds since 1970.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

/// Blocks the thread with all its connections, as under wrk.
fn sleep(function: &str, seconds: &Value) -> mlua::Result<()> {
    let seconds = args::number(function, "argument 1 (seconds)", seconds)?;
    // `LuaSocket` accepts negative times.
    std::thread::sleep(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
    Ok(())
}

/// `socket.select(nil, nil, seconds)`, another way to sleep.
fn select(lua: &Lua) -> mlua::Result<Function> {
    lua.create_function(|_, (read, write, seconds): (Value, Value, Value)| {
        if !read.is_nil() || !write.is_nil() {
            let what = "sockets are not supported; select(nil, nil, seconds) sleeps";
            return Err(args::misuse("socket.select", what));
        }
        sleep("socket.select", &seconds)
    })
}
