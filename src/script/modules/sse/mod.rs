//! `sse`: event streams with callbacks (`open`) or a loop (`connect`). The Lua half is sse.lua and what it loads.

mod batch;
mod handle;
mod params;
mod portion;
mod received;
mod records;
mod response;
mod stream;

use std::rc::Rc;
use std::time::Duration;

use mlua::{AnyUserData, LightUserData, Lua, MultiValue, Table, Value};

use self::handle::StreamHandle;
use self::received::Subscriptions;
use self::stream::{NextAction, ScriptStream};
use super::json;
use super::now::now;
use crate::script::bundled::Bundled;
use crate::script::context::Context;
use crate::script::error::PRELUDE;
use crate::script::native::Functions;
use crate::script::response as tables;
use crate::script::state::{base, ffi};
use crate::script::{args, chunk};
use crate::units;

/// Whether a script has callbacks for the opening, events, comments and failures.
type Flags = (bool, bool, bool, bool);

/// A stream, and the end of the wait, as a time of [`now`].
type Wait = (AnyUserData, Option<f64>);

/// The table `sse`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    static CODE: Bundled = Bundled::new("sse", include_str!("sse.lua"));
    tables::install(lua)?;
    let native = Functions::new(lua, context)?;
    install_request(&native)?;
    install_stream(&native)?;
    install_loaders(&native)?;
    let sse = CODE.run(lua, native.table)?;
    // Loading leaves as much garbage as the module takes, and thousands of VUs load it at the same time.
    lua.gc_collect()?;
    Ok(sse)
}

/// Loaders of parts that are needed only later.
fn install_loaders(native: &Functions<'_>) -> mlua::Result<()> {
    native.add_pure("record_at", records::reader)?;
    native.add_pure("json_decode", |lua, ()| json_decode(lua))?;
    native.add_pure("flood", |lua, parts: MultiValue| {
        static CODE: Bundled = Bundled::new("flood", include_str!("flood.lua"));
        let native = flood_natives(lua)?;
        let flood: Value = CODE.function(lua)?.call((native, ffi(lua)?, parts))?;
        // Loading the FFI leaves 30 KiB of garbage.
        lua.gc_collect()?;
        Ok(flood)
    })?;
    let own = native.table.clone();
    native.add("connect", move |lua, context, parts: MultiValue| {
        static CODE: Bundled = Bundled::new("connect", include_str!("connect.lua"));
        let table = own.clone();
        install_connect(&Functions {
            lua,
            context,
            table,
        })?;
        CODE.function(lua)?.call::<Value>((&own, base(lua)?, parts))
    })
}

fn json_decode(lua: &Lua) -> mlua::Result<Value> {
    match json::load(lua)? {
        Value::Table(json) => json.get("decode"),
        other => Ok(other),
    }
}

/// The functions for flood.lua: decoding JSON, in general and by shape, see [`json::shapes`].
fn flood_natives(lua: &Lua) -> mlua::Result<Table> {
    let native = lua.create_table()?;
    native.set("json_decode", json_decode(lua)?)?;
    native.set("json_null", Value::NULL)?;
    let nulls =
        |_: &Lua, options| Ok(json::JsonOptions::of_decoding("event:json", &options)?.nulls);
    native.set("json_nulls", lua.create_function(nulls)?)?;
    let entry = json::shapes::entry();
    native.set("json_shape", LightUserData(entry.read))?;
    native.set("json_leaves", LightUserData(entry.leaves))?;
    // Loading the FFI leaves 30 KiB of garbage.
    let constructor = lua.create_function(|lua, shape: usize| {
        let code = json::shapes::code(shape).unwrap_or_default();
        chunk::text(lua, code, &format!("={PRELUDE} json"))
    })?;
    native.set("json_constructor", constructor)?;
    Ok(native)
}

fn install_request(native: &Functions<'_>) -> mlua::Result<()> {
    native.add_pure(
        "request",
        |lua, (function, url, params): (String, Value, Value)| {
            let prepared = params::prepare(lua, &function, &url, &params)?;
            Ok(StreamHandle::Prepared(Some(Box::new(prepared))))
        },
    )?;
    native.add_pure(
        "unsent",
        |lua, stream: AnyUserData| match &*stream.borrow::<StreamHandle>()? {
            StreamHandle::Prepared(Some(prepared)) => {
                response::response(lua, prepared.request.url.as_str(), None, None)
            }
            started => response::response(lua, started.stream()?.url.as_str(), None, None),
        },
    )?;
    native.add("start", |_, ctx, (stream, wants): (AnyUserData, Flags)| {
        let (opened, events, comments, failures) = wants;
        let wants = Subscriptions {
            opened,
            events,
            comments,
            failures,
        };
        let mut handle = stream.borrow_mut::<StreamHandle>()?;
        let stream = handle.start(ctx, wants)?;
        Ok(LightUserData(stream.counter().cast()))
    })
}

/// Adds a function of a stream that has been started.
fn add<R: mlua::IntoLuaMulti>(
    native: &Functions<'_>,
    name: &str,
    function: impl Fn(&Lua, &ScriptStream) -> mlua::Result<R> + 'static,
) -> mlua::Result<()> {
    native.add_pure(name, move |lua, stream: AnyUserData| {
        function(lua, stream.borrow::<StreamHandle>()?.stream()?)
    })
}

fn install_stream(native: &Functions<'_>) -> mlua::Result<()> {
    // The response so far.
    add(native, "head", |lua, stream| {
        stream.with_response(|head, _| tables::fields(stream.url.as_str(), head).into_table(lua))
    })?;
    // Returns the number of records lent to Lua, the addresses of records and texts, and whether there was a pause before
    // them. 0: no records at present, with whether to collect garbage, or nil if only the thread has to be yielded; -1: the
    // end.
    add(native, "take", |_, stream| {
        let pointer =
            |address: *const u8| Value::LightUserData(LightUserData(address.cast_mut().cast()));
        Ok(match stream.take() {
            NextAction::Records(rested, n, records, texts) => {
                (n as f64, pointer(records), pointer(texts), rested)
            }
            NextAction::GiveWay => (0.0, Value::Nil, Value::Nil, false),
            NextAction::Wait { collect } => (0.0, Value::Boolean(collect), Value::Nil, false),
            NextAction::Over => (-1.0, Value::Nil, Value::Nil, false),
        })
    })?;
    // The error that belongs to the next failure among the records.
    add(native, "failure", |lua, stream| {
        let failure = stream.failure().map(|(error, pause)| {
            let mut error = tables::error(&error);
            error.number("retry_in", pause.as_secs_f64());
            error.into_table(lua)
        });
        failure.transpose()
    })?;
    add(native, "close", |_, stream| {
        stream.close();
        Ok(())
    })?;
    add(native, "response", |lua, stream| {
        stream.with_response(|head, outcome| {
            response::response(lua, stream.url.as_str(), head, outcome)
        })
    })?;
    // The operation returns true if the time ran out before there was news.
    native.add("begin_wait", |_, ctx, (stream, deadline): Wait| {
        let stream = Rc::clone(stream.borrow::<StreamHandle>()?.stream()?);
        let left = deadline.map(|at| Duration::try_from_secs_f64(at - now()));
        ctx.wait_for(async move {
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
    })
}

/// Adds the functions that connect.lua needs besides.
fn install_connect(native: &Functions<'_>) -> mlua::Result<()> {
    let limit = |timeout: &Value| args::timeout("stream:next", "argument 1 (timeout)", timeout);
    add(native, "ended", |_, stream| Ok(stream.ended()))?;
    // The end of a wait, as a time of `now`.
    native.add_pure("deadline", move |_, timeout: Value| {
        Ok(now() + limit(&timeout)?.as_secs_f64())
    })?;
    native.add_pure("timed_out", move |lua, timeout: Value| {
        let limit = units::format_duration(limit(&timeout)?);
        tables::failure("timeout", format!("no event within {limit}")).into_table(lua)
    })
}
