//! `sse`: event streams, with callbacks (`open`) or pulled (`connect`). The Lua half is in sse.lua and what it loads.

mod batch;
mod handle;
mod measure;
mod misuse;
mod pace;
mod params;
mod received;
mod records;
mod response;
mod stream;

use std::rc::Rc;
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant};

use mlua::chunk::ChunkMode;
use mlua::{AnyUserData, LightUserData, Lua, MultiValue, Table, Value};

use self::handle::Handle;
use self::received::Wants;
use self::stream::Next;
use super::json;
use crate::script::args;
use crate::script::context::Context;
use crate::script::error::PRELUDE;
use crate::script::response as tables;
use crate::script::state::{Base, ffi, load_own};
use crate::units;

/// What the ends of waits are told by.
static CLOCK: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The table `sse`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    static CODE: OnceLock<Vec<u8>> = OnceLock::new();
    tables::install(lua)?;
    let native = lua.create_table()?;
    misuse::install(lua, &native)?;
    install_request(lua, &native, context)?;
    install_stream(lua, &native, context)?;
    install_parts(lua, &native)?;
    let sse = load_own(lua, "sse", include_str!("sse.lua"), &CODE)?.call((native, base(lua)))?;
    // Making it leaves as much garbage. Thousands of VUs make it at once when they begin.
    lua.gc_collect()?;
    Ok(sse)
}

fn base(lua: &Lua) -> Option<Table> {
    lua.app_data_ref::<Base>()
        .map(|base| base.functions.clone())
}

/// What is loaded when it is first needed: each function gives what a piece of Lua code of ours returns.
fn install_parts(lua: &Lua, native: &Table) -> mlua::Result<()> {
    native.set("record_at", lua.create_function(records::reader)?)?;
    native.set(
        "json_decode",
        lua.create_function(|lua, ()| match json::load(lua)? {
            Value::Table(json) => json.get::<Value>("decode"),
            other => Ok(other),
        })?,
    )?;
    native.set(
        "pour",
        lua.create_function(|lua, parts: MultiValue| {
            static CODE: OnceLock<Vec<u8>> = OnceLock::new();
            let native = flood_natives(lua)?;
            let pour = load_own(lua, "pour", include_str!("pour.lua"), &CODE)?;
            let pour = pour.call::<Value>((native, ffi(lua)?, parts))?;
            // Making the FFI leaves 30 KiB of garbage.
            lua.gc_collect()?;
            Ok(pour)
        })?,
    )?;
    let own = native.clone();
    native.set(
        "connect",
        lua.create_function(move |lua, parts: MultiValue| {
            static CODE: OnceLock<Vec<u8>> = OnceLock::new();
            install_connect(lua, &own)?;
            let connect = load_own(lua, "connect", include_str!("connect.lua"), &CODE)?;
            connect.call::<Value>((&own, base(lua), parts))
        })?,
    )
}

/// What pour.lua needs: how JSON is decoded, and how events whose JSON looks alike are, see [`json::shapes`].
fn flood_natives(lua: &Lua) -> mlua::Result<Table> {
    let native = lua.create_table()?;
    if let Value::Table(json) = json::load(lua)? {
        native.set("json_decode", json.get::<Value>("decode")?)?;
    }
    native.set("json_null", Value::NULL)?;
    native.set(
        "json_nulls",
        lua.create_function(|_, options: Value| {
            Ok(json::Settings::reading("event:json", &options)?.nulls)
        })?,
    )?;
    let entry = json::shapes::entry();
    native.set("json_shape", LightUserData(entry.read))?;
    native.set("json_leaves", LightUserData(entry.leaves))?;
    // Code for the shape of this number.
    native.set(
        "json_maker",
        lua.create_function(|lua, shape: usize| {
            let code = json::shapes::code(shape).unwrap_or_default();
            let chunk = lua.load(code).set_name(format!("={PRELUDE} json"));
            chunk.set_mode(ChunkMode::Text).into_function()
        })?,
    )?;
    Ok(native)
}

fn install_request(lua: &Lua, native: &Table, context: &Rc<Context>) -> mlua::Result<()> {
    native.set(
        "request",
        lua.create_function(|lua, (function, url, params): (String, Value, Value)| {
            let prepared = params::prepare(lua, &function, &url, &params)?;
            Ok(Handle::Prepared(Some(Box::new(prepared))))
        })?,
    )?;
    native.set(
        "unsent",
        lua.create_function(
            |lua, stream: AnyUserData| match &*stream.borrow::<Handle>()? {
                Handle::Prepared(Some(prepared)) => {
                    response::response(lua, prepared.request.url.as_str(), None, None)
                }
                started => response::response(lua, started.stream()?.url.as_str(), None, None),
            },
        )?,
    )?;
    let context = Rc::clone(context);
    native.set(
        "start",
        lua.create_function(
            move |_, (stream, wants): (AnyUserData, (bool, bool, bool, bool))| {
                let (opened, events, comments, failures) = wants;
                let wants = Wants {
                    opened,
                    events,
                    comments,
                    failures,
                };
                let mut handle = stream.borrow_mut::<Handle>()?;
                let stream = handle.start(&context, wants)?;
                Ok(LightUserData(stream.counter().cast()))
            },
        )?,
    )
}

fn install_stream(lua: &Lua, native: &Table, context: &Rc<Context>) -> mlua::Result<()> {
    // The response so far.
    native.set(
        "head",
        lua.create_function(|lua, stream: AnyUserData| {
            let handle = stream.borrow::<Handle>()?;
            let stream = handle.stream()?;
            stream.with_response(|head, _| tables::table(lua, stream.url.as_str(), head))
        })?,
    )?;
    // The number of records lent to Lua with the addresses of records and texts; 0 when there are none now, and whether
    // garbage is to be collected, nil if others only have their turn; -1 at the end.
    native.set(
        "take",
        lua.create_function(|_, stream: AnyUserData| {
            let pointer =
                |address: *const u8| Value::LightUserData(LightUserData(address.cast_mut().cast()));
            Ok(match stream.borrow::<Handle>()?.stream()?.take() {
                Next::Records(rested, n, records, texts) => {
                    (n as f64, pointer(records), pointer(texts), rested)
                }
                Next::GiveWay => (0.0, Value::Nil, Value::Nil, false),
                Next::Wait { collect } => (0.0, Value::Boolean(collect), Value::Nil, false),
                Next::Over => (-1.0, Value::Nil, Value::Nil, false),
            })
        })?,
    )?;
    // The error that comes next among the records.
    native.set(
        "failure",
        lua.create_function(|lua, stream: AnyUserData| {
            let failure = stream.borrow::<Handle>()?.stream()?.failure();
            failure
                .map(|(error, pause)| {
                    let error = tables::error(lua, &error)?;
                    error.raw_set("retry_in", pause.as_secs_f64())?;
                    Ok::<_, mlua::Error>(error)
                })
                .transpose()
        })?,
    )?;
    native.set(
        "close",
        lua.create_function(|_, stream: AnyUserData| {
            stream.borrow::<Handle>()?.stream()?.close();
            Ok(())
        })?,
    )?;
    native.set(
        "response",
        lua.create_function(|lua, stream: AnyUserData| {
            let handle = stream.borrow::<Handle>()?;
            let stream = handle.stream()?;
            stream.with_response(|head, outcome| {
                response::response(lua, stream.url.as_str(), head, outcome)
            })
        })?,
    )?;
    // The operation gives true when the time ran out before there was news.
    let context = Rc::clone(context);
    native.set(
        "begin_wait",
        lua.create_function(move |_, (stream, deadline): (AnyUserData, Option<f64>)| {
            let stream = Rc::clone(stream.borrow::<Handle>()?.stream()?);
            let left =
                deadline.map(|at| Duration::try_from_secs_f64(at - CLOCK.elapsed().as_secs_f64()));
            context.wait_for(async move {
                let news = std::future::poll_fn(|cx| stream.poll_news(cx));
                let timed_out = if let Some(left) = left {
                    tokio::time::timeout(left.unwrap_or_default(), news)
                        .await
                        .is_err()
                } else {
                    news.await;
                    false
                };
                Ok(MultiValue::from_iter([Value::Boolean(timed_out)]))
            });
            Ok(())
        })?,
    )
}

/// What connect.lua needs besides.
fn install_connect(lua: &Lua, native: &Table) -> mlua::Result<()> {
    native.set(
        "ended",
        lua.create_function(|_, stream: AnyUserData| {
            Ok(stream.borrow::<Handle>()?.stream()?.ended())
        })?,
    )?;
    // The moment until which a wait may last, in seconds on the clock of waits.
    native.set(
        "deadline",
        lua.create_function(move |_, timeout: Value| {
            let limit = args::duration("stream:next", "argument 1 (timeout)", &timeout)?;
            Ok((CLOCK.elapsed() + limit).as_secs_f64())
        })?,
    )?;
    native.set(
        "timed_out",
        lua.create_function(|lua, timeout: Value| {
            let limit = args::duration("stream:next", "argument 1 (timeout)", &timeout)?;
            let message = format!("no event within {}", units::format_duration(limit));
            tables::failure(lua, "timeout", &message)
        })?,
    )
}
