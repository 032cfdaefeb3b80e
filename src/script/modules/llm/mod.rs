//! `llm`: conversations with language models, and prompts for them. The Lua half is in llm.lua.

mod fragments;
mod image;
mod messages;
mod prompts;
mod question;
mod result;
mod score;
mod sending;
mod stream;
mod trace;

use std::rc::Rc;
use std::sync::OnceLock;

use mlua::{AnyUserData, Lua, MultiValue, Table, Value};

use self::question::Question;
use self::sending::Sending;
use self::stream::Handle;
use crate::script::args;
use crate::script::context::Context;
use crate::script::response;
use crate::script::state::{Base, load_own};

/// The table `llm`. The metrics of language models are there from now on.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    static CODE: OnceLock<Vec<u8>> = OnceLock::new();
    response::install(lua)?;
    super::json::install_null(lua)?;
    context
        .process
        .registry
        .register_llm()
        .map_err(|error| args::misuse("llm", error))?;
    let native = lua.create_table()?;
    native.set(
        "question",
        lua.create_function(|lua, params: Value| question::read(lua, &params))?,
    )?;
    let ctx = Rc::clone(context);
    native.set(
        "prompts",
        lua.create_function(move |_, params: Value| prompts::load(&ctx, &params))?,
    )?;
    let ctx = Rc::clone(context);
    native.set(
        "image",
        lua.create_function(move |_, place: Value| image::load(&ctx, &place))?,
    )?;
    let ctx = Rc::clone(context);
    native.set(
        "begin",
        lua.create_function(move |lua, question: AnyUserData| {
            let sending = Sending::new(&ctx, &*question.borrow::<Question>()?);
            let (lua, ctx) = (lua.clone(), Rc::clone(&ctx));
            let question = question.clone();
            ctx.clone().wait_for(async move {
                let exchange = sending.run(&ctx, None).await;
                let question = question.borrow::<Question>()?;
                result::table(&lua, &question.facts, exchange)
                    .map(|result| MultiValue::from_iter([Value::Table(result)]))
            });
            Ok(())
        })?,
    )?;
    install_stream(lua, &native, context)?;
    trace::install(lua, &native, context)?;
    score::install(lua, &native, context)?;
    let base = lua
        .app_data_ref::<Base>()
        .map(|base| base.functions.clone());
    load_own(lua, "llm", include_str!("llm.lua"), &CODE)?.call((native, base))
}

fn install_stream(lua: &Lua, native: &Table, context: &Rc<Context>) -> mlua::Result<()> {
    let ctx = Rc::clone(context);
    native.set(
        "start",
        lua.create_function(move |_, question: AnyUserData| {
            Ok(Handle(stream::start(
                &ctx,
                &*question.borrow::<Question>()?,
            )))
        })?,
    )?;
    // The next fragment with its time and kind; nothing when there is none now, or none any more.
    native.set(
        "next",
        lua.create_function(|lua, stream: AnyUserData| {
            let stream = &stream.borrow::<Handle>()?.0;
            let next = stream.take(|text, at, part| {
                let text = lua.create_string(text)?;
                Ok::<_, mlua::Error>((Some(text), Some(at.as_secs_f64()), Some(part)))
            });
            Ok(next.transpose()?.unwrap_or_default())
        })?,
    )?;
    native.set(
        "ended",
        lua.create_function(|_, stream: AnyUserData| Ok(stream.borrow::<Handle>()?.0.ended()))?,
    )?;
    native.set(
        "close",
        lua.create_function(|_, stream: AnyUserData| {
            stream.borrow::<Handle>()?.0.close();
            Ok(())
        })?,
    )?;
    native.set(
        "result",
        lua.create_function(|lua, stream: AnyUserData| stream.borrow::<Handle>()?.0.result(lua))?,
    )?;
    let ctx = Rc::clone(context);
    native.set(
        "begin_wait",
        lua.create_function(move |_, stream: AnyUserData| {
            let stream = Rc::clone(&stream.borrow::<Handle>()?.0);
            ctx.wait_for(async move {
                std::future::poll_fn(|cx| stream.poll_news(cx)).await;
                Ok(MultiValue::new())
            });
            Ok(())
        })?,
    )
}
