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

use mlua::{AnyUserData, Lua, MultiValue, Value};

use self::question::Question;
use self::sending::Sending;
use self::stream::Handle;
use crate::script::args;
use crate::script::bundled::Bundled;
use crate::script::context::Context;
use crate::script::native::Functions;
use crate::script::response;

/// The table `llm`. Loading it registers the metrics of language models.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    static CODE: Bundled = Bundled::new("llm", include_str!("llm.lua"));
    response::install(lua)?;
    super::json::install_null(lua)?;
    context
        .process
        .registry
        .register_llm()
        .map_err(|error| args::misuse("llm", error))?;
    let native = Functions::new(lua, context)?;
    native.add_pure("question", |lua, params: Value| {
        question::read(lua, &params)
    })?;
    native.add("prompts", |_, ctx, params: Value| {
        prompts::load(ctx, &params)
    })?;
    native.add("image", |_, ctx, place: Value| image::load(ctx, &place))?;
    native.add("begin", |lua, ctx, question: AnyUserData| {
        let sending = Sending::new(ctx, &*question.borrow::<Question>()?);
        let (lua, context) = (lua.clone(), Rc::clone(ctx));
        ctx.wait_for(async move {
            let exchange = sending.run(&context, None).await;
            let question = question.borrow::<Question>()?;
            let result = result::table(&lua, &question.info, exchange)?;
            Ok(MultiValue::from_iter([Value::Table(result)]))
        });
        Ok(())
    })?;
    install_stream(&native)?;
    trace::install(&native)?;
    score::install(&native)?;
    CODE.run(lua, native.table)
}

fn install_stream(native: &Functions<'_>) -> mlua::Result<()> {
    native.add("start", |_, ctx, question: AnyUserData| {
        Ok(Handle(stream::start(ctx, &*question.borrow::<Question>()?)))
    })?;
    // Returns the next fragment with its time and kind; nothing if there is none at present, or none any more.
    native.add_pure("next", |lua, stream: AnyUserData| {
        let stream = &stream.borrow::<Handle>()?.0;
        let next = stream.take(|text, at, part| {
            let text = lua.create_string(text)?;
            Ok::<_, mlua::Error>((Some(text), Some(at.as_secs_f64()), Some(part)))
        });
        Ok(next.transpose()?.unwrap_or_default())
    })?;
    native.add_pure("ended", |_, stream: AnyUserData| {
        Ok(stream.borrow::<Handle>()?.0.ended())
    })?;
    native.add_pure("close", |_, stream: AnyUserData| {
        stream.borrow::<Handle>()?.0.close();
        Ok(())
    })?;
    native.add_pure("result", |lua, stream: AnyUserData| {
        stream.borrow::<Handle>()?.0.result(lua)
    })?;
    native.add("begin_wait", |_, ctx, stream: AnyUserData| {
        let stream = Rc::clone(&stream.borrow::<Handle>()?.0);
        ctx.wait_for(async move {
            std::future::poll_fn(|cx| stream.poll_news(cx)).await;
            Ok(MultiValue::new())
        });
        Ok(())
    })
}
