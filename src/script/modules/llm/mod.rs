//! `llm`: conversations with language models, and prompts for them. The Lua half is in llm.lua.

mod chat_params;
mod fragments;
mod image;
mod messages;
mod prompts;
mod reply_stream;
mod result;
mod score;
mod send;
mod trace;

use std::rc::Rc;

use mlua::{AnyUserData, Lua, MultiValue, Value};

use self::chat_params::PreparedChat;
use self::reply_stream::ReplyHandle;
use self::send::ChatSender;
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
    native.add_pure("chat", |lua, params: Value| chat_params::read(lua, &params))?;
    native.add("prompts", |_, ctx, params: Value| {
        prompts::load(ctx, &params)
    })?;
    native.add("image", |_, ctx, place: Value| image::load(ctx, &place))?;
    native.add("begin", |lua, ctx, chat: AnyUserData| {
        let sender = ChatSender::new(ctx, &*chat.borrow::<PreparedChat>()?);
        let (lua, context) = (lua.clone(), Rc::clone(ctx));
        ctx.wait_for(async move {
            let exchange = sender.run(&context, None).await;
            let chat = chat.borrow::<PreparedChat>()?;
            let result = result::table(&lua, &chat.info, exchange)?;
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
    native.add("start", |_, ctx, chat: AnyUserData| {
        Ok(ReplyHandle(reply_stream::start(
            ctx,
            &*chat.borrow::<PreparedChat>()?,
        )))
    })?;
    // Returns the next fragment with its time and kind, or nothing.
    native.add_pure("next", |lua, stream: AnyUserData| {
        let stream = &stream.borrow::<ReplyHandle>()?.0;
        let next = stream.take(|text, at, part| {
            let text = lua.create_string(text)?;
            Ok::<_, mlua::Error>((Some(text), Some(at.as_secs_f64()), Some(part)))
        });
        Ok(next.transpose()?.unwrap_or_default())
    })?;
    native.add_pure("ended", |_, stream: AnyUserData| {
        Ok(stream.borrow::<ReplyHandle>()?.0.ended())
    })?;
    native.add_pure("close", |_, stream: AnyUserData| {
        stream.borrow::<ReplyHandle>()?.0.close();
        Ok(())
    })?;
    native.add_pure("result", |lua, stream: AnyUserData| {
        stream.borrow::<ReplyHandle>()?.0.result(lua)
    })?;
    native.add("begin_wait", |_, ctx, stream: AnyUserData| {
        let stream = Rc::clone(&stream.borrow::<ReplyHandle>()?.0);
        ctx.wait_for(async move {
            std::future::poll_fn(|cx| stream.poll_news(cx)).await;
            Ok(MultiValue::new())
        });
        Ok(())
    })
}
