//! `sse`: event streams, with callbacks (`open`) or pulled (`connect`). The Lua half is in sse.lua.

mod batch;
mod measure;
mod pace;
mod params;
mod response;
mod stream;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use mlua::chunk::ChunkMode;
use mlua::{AnyUserData, LightUserData, Lua, LuaString, MultiValue, Table, Value};

use self::params::Prepared;
use self::stream::{Handle, Next, Wants};
use super::json;
use crate::script::args;
use crate::script::context::Context;
use crate::script::error::PRELUDE;
use crate::script::response as tables;
use crate::script::state::{Base, ffi, load_own};
use crate::units;

const CALLBACKS: &[&str] = &["open", "event", "comment", "error", "close"];

/// The table `sse`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    static CODE: OnceLock<Vec<u8>> = OnceLock::new();
    let native = lua.create_table()?;
    install_misuse(lua, &native)?;
    install_request(lua, &native, context)?;
    install_stream(lua, &native, context)?;
    let json: Table = match json::load(lua)? {
        Value::Table(json) => json,
        _ => lua.create_table()?,
    };
    native.set("json_decode", json.get::<Value>("decode")?)?;
    native.set("json_null", Value::NULL)?;
    native.set(
        "json_nulls",
        lua.create_function(|_, options: Value| {
            Ok(json::Settings::reading("event:json", &options)?.nulls)
        })?,
    )?;
    install_shapes(lua, &native)?;
    let base = lua
        .app_data_ref::<Base>()
        .map(|base| base.functions.clone());
    let ffi = ffi(lua)?;
    let sse = load_own(lua, "sse", include_str!("sse.lua"), &CODE)?.call((native, base, ffi))?;
    // Making the FFI leaves 30 KiB of garbage, which would stay with a VU that only waits.
    lua.gc_collect()?;
    Ok(sse)
}

/// How events whose JSON looks alike are decoded, see [`json::Shapes`].
fn install_shapes(lua: &Lua, native: &Table) -> mlua::Result<()> {
    let shapes = Rc::new(RefCell::new(json::Shapes::default()));
    // The number of the text's shape with the addresses of its values, and code for a shape that has none yet; -1 for a
    // text that is to be decoded as always.
    native.set(
        "json_shape",
        lua.create_function(move |_, text: LuaString| {
            let mut shapes = shapes.borrow_mut();
            let null = LightUserData(std::ptr::null_mut());
            let (number, code) = match shapes.read(&text.as_bytes()) {
                json::Found::Plain => return Ok((-1.0, null, null, None)),
                json::Found::Known(number) => (number, None),
                json::Found::New(number) => (number, Some(shapes.code())),
            };
            Ok((
                f64::from(number),
                LightUserData(shapes.leaves().as_ptr().cast_mut().cast()),
                LightUserData(shapes.texts().as_ptr().cast_mut().cast()),
                code,
            ))
        })?,
    )?;
    native.set(
        "json_maker",
        lua.create_function(|lua, code: String| {
            let chunk = lua.load(code).set_name(format!("={PRELUDE} json"));
            chunk.set_mode(ChunkMode::Text).into_function()
        })?,
    )
}

fn install_misuse(lua: &Lua, native: &Table) -> mlua::Result<()> {
    native.set(
        "misuse_colon",
        lua.create_function(
            |_, (object, method): (String, String)| -> mlua::Result<()> {
                Err(args::without_colon(&object, &method))
            },
        )?,
    )?;
    native.set(
        "misuse_on",
        lua.create_function(
            |_, (client, name, handler): (Value, Value, Value)| -> mlua::Result<()> {
                if !client.is_table() {
                    return Err(args::misuse(
                        "client:on",
                        "call it with a colon: client:on(\"event\", function(event) … end)",
                    ));
                }
                let known =
                    matches!(&name, Value::String(s) if CALLBACKS.contains(&&*s.to_string_lossy()));
                Err(if known {
                    args::wrong_type("client:on", "argument 2", "a function", &handler)
                } else {
                    let names = CALLBACKS.join(", ");
                    args::wrong_type(
                        "client:on",
                        "argument 1 (name)",
                        &format!("one of {names}"),
                        &name,
                    )
                })
            },
        )?,
    )?;
    native.set(
        "misuse_late",
        lua.create_function(|_, name: String| -> mlua::Result<()> {
            let what = format!("the first handler for '{name}' must be set in the setup function, before the request is sent");
            Err(args::misuse("client:on", what))
        })?,
    )?;
    native.set(
        "misuse_stream",
        lua.create_function(|_, (method, stream): (String, Value)| -> mlua::Result<()> {
            let expected = "a stream made by sse.connect; call it with a colon";
            Err(args::wrong_type(
                &format!("stream:{method}"),
                "the stream",
                expected,
                &stream,
            ))
        })?,
    )?;
    native.set(
        "misuse_busy",
        lua.create_function(|_, ()| -> mlua::Result<()> {
            let what = "another task is waiting for the next event of this stream";
            Err(args::misuse("stream:next", what))
        })?,
    )?;
    native.set(
        "misuse_setup",
        lua.create_function(|_, setup: Value| -> mlua::Result<()> {
            let expected = "a function(client) as the last argument";
            Err(args::wrong_type(
                "sse.open",
                "argument 3 (setup)",
                expected,
                &setup,
            ))
        })?,
    )
}

fn install_request(lua: &Lua, native: &Table, context: &Rc<Context>) -> mlua::Result<()> {
    native.set(
        "request",
        lua.create_function(|lua, (function, url, params): (String, Value, Value)| {
            params::prepare(lua, &function, &url, &params)
        })?,
    )?;
    native.set(
        "unsent",
        lua.create_function(|lua, request: AnyUserData| {
            let prepared = request.borrow::<Prepared>()?;
            response::response(lua, prepared.request.url.as_str(), None, None)
        })?,
    )?;
    let context = Rc::clone(context);
    native.set(
        "start",
        lua.create_function(
            move |_, (request, wants): (AnyUserData, (bool, bool, bool, bool))| {
                let prepared = request.take::<Prepared>()?;
                let (opened, events, comments, failures) = wants;
                let wants = Wants {
                    opened,
                    events,
                    comments,
                    failures,
                };
                let stream = stream::start(&context, prepared, wants);
                let counter = LightUserData(stream.counter().cast());
                Ok((Handle(stream), counter))
            },
        )?,
    )
}

fn install_stream(lua: &Lua, native: &Table, context: &Rc<Context>) -> mlua::Result<()> {
    // The response so far.
    native.set(
        "head",
        lua.create_function(|lua, stream: AnyUserData| {
            let stream = &stream.borrow::<Handle>()?.0;
            stream.with_response(|head, _| tables::table(lua, stream.url.as_str(), head))
        })?,
    )?;
    // The number of records lent to Lua with the addresses of records and texts; 0 when there are none now, and whether
    // garbage is to be collected; -1 at the end.
    native.set(
        "take",
        lua.create_function(|_, stream: AnyUserData| {
            let pointer =
                |address: *const u8| Value::LightUserData(LightUserData(address.cast_mut().cast()));
            Ok(match stream.borrow::<Handle>()?.0.take() {
                Next::Records(n, records, texts) => (n as f64, pointer(records), pointer(texts)),
                Next::Wait { collect } => (0.0, Value::Boolean(collect), Value::Nil),
                Next::Over => (-1.0, Value::Nil, Value::Nil),
            })
        })?,
    )?;
    // The error that comes next among the records.
    native.set(
        "failure",
        lua.create_function(|lua, stream: AnyUserData| {
            let failure = stream.borrow::<Handle>()?.0.failure();
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
            stream.borrow::<Handle>()?.0.close();
            Ok(())
        })?,
    )?;
    native.set(
        "ended",
        lua.create_function(|_, stream: AnyUserData| Ok(stream.borrow::<Handle>()?.0.ended()))?,
    )?;
    native.set(
        "response",
        lua.create_function(|lua, stream: AnyUserData| {
            let stream = &stream.borrow::<Handle>()?.0;
            stream.with_response(|head, outcome| {
                response::response(lua, stream.url.as_str(), head, outcome)
            })
        })?,
    )?;
    // The moment until which a wait may last, in seconds on the clock of `zero`.
    let zero = Instant::now();
    native.set(
        "deadline",
        lua.create_function(move |_, timeout: Value| {
            let limit = args::duration("stream:next", "argument 1 (timeout)", &timeout)?;
            Ok((zero.elapsed() + limit).as_secs_f64())
        })?,
    )?;
    // The operation gives true when the time ran out before there was news.
    let context = Rc::clone(context);
    native.set(
        "begin_wait",
        lua.create_function(move |_, (stream, deadline): (AnyUserData, Option<f64>)| {
            let stream = Rc::clone(&stream.borrow::<Handle>()?.0);
            let left =
                deadline.map(|at| Duration::try_from_secs_f64(at - zero.elapsed().as_secs_f64()));
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
