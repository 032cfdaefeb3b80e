//! `llm.embed` and `llm.rerank`: requests whose response consists of scores.

use std::rc::Rc;
use std::time::Duration;

use ::http::Method;
use mlua::{Lua, MultiValue, Value};

use super::chat_params::tags;
use super::{messages, send};
use crate::chat::{self, ChatExchange, ChatRecorder, Scored};
use crate::http::Request;
use crate::samples;
use crate::samples::Requester as _;
use crate::script::context::Context;
use crate::script::native::Functions;
use crate::script::request::{self, CallParams};
use crate::script::response;
use crate::script::table_builder::TableBuilder;

const TIMEOUT: Duration = Duration::from_mins(10);

const EMBED: &[&str] = &["url", "model", "input", "bearer", "extra", "measure"];
const RERANK: &[&str] = &[
    "url",
    "model",
    "query",
    "documents",
    "bearer",
    "extra",
    "measure",
];

/// Adds the functions to `native`.
pub(super) fn install(native: &Functions<'_>) -> mlua::Result<()> {
    native.add("begin_embed", |lua, ctx, params: Value| {
        let function = "llm.embed";
        let params = CallParams::of_request(function, "argument 1", &params, EMBED)?;
        let scored = Scored::Embeddings(texts(&params, "input")?);
        begin(lua, ctx, function, &params, scored)
    })?;
    native.add("begin_rerank", |lua, ctx, params: Value| {
        let function = "llm.rerank";
        let params = CallParams::of_request(function, "argument 1", &params, RERANK)?;
        let query = params.text("query")?;
        let query = query.ok_or_else(|| params.misuse("query is missing"))?;
        let scored = Scored::Rerank(query, texts(&params, "documents")?);
        begin(lua, ctx, function, &params, scored)
    })
}

fn begin(
    lua: &Lua,
    context: &Rc<Context>,
    function: &str,
    params: &CallParams<'_>,
    scored: Scored,
) -> mlua::Result<()> {
    let model = params.text("model")?.filter(|model| !model.is_empty());
    let tags = tags(params, model.as_deref())?;
    let request = request(lua, function, params, &scored, model.as_deref())?;
    let measure = params
        .flag("measure")?
        .unwrap_or(true)
        .then(|| ChatRecorder {
            recorder: context.recorder.clone(),
            tags: samples::request_tags(
                &context.tags.borrow(),
                &request.method,
                &request.url,
                &tags,
            ),
            goodput: None,
            prompt_tokens: None,
            schedule_delay: context.delay(),
            turn: None,
            items: Some(scored.items()),
        });
    let (lua, ctx) = (lua.clone(), Rc::clone(context));
    context.wait_for(async move {
        let exchange = chat::score(&ctx.client(), request, &scored).await;
        if let Some(measure) = &measure {
            send::record(&ctx, measure, &exchange);
        }
        let result = result(&scored, &exchange).into_table(&lua)?;
        Ok(MultiValue::from_iter([Value::Table(result)]))
    });
    Ok(())
}

fn request(
    lua: &Lua,
    function: &str,
    params: &CallParams<'_>,
    scored: &Scored,
    model: Option<&str>,
) -> mlua::Result<Request> {
    let mut url = request::url(function, "url", &params.get("url")?)?;
    if matches!(url.path().trim_end_matches('/'), "" | "/v1") {
        url.set_path(scored.path());
    }
    let mut request = Request::new(Method::POST, url);
    params.apply(&mut request)?;
    request::content_type(&mut request, "application/json");
    if let Some(key) = params.text("bearer")? {
        request
            .bearer(&key)
            .map_err(|error| params.misuse(format_args!("bearer: {error}")))?;
    }
    request.timeout = Some(params.timeout("timeout")?.unwrap_or(TIMEOUT));
    let extra = messages::object(lua, params, "extra")?;
    request.body = scored.body(model.unwrap_or_default(), &extra).into();
    Ok(request)
}

fn result<'a>(scored: &Scored, exchange: &'a ChatExchange) -> TableBuilder<'a> {
    let reply = &exchange.reply;
    let mut fields = TableBuilder::with_capacity(4);
    let head = exchange.head.as_ref();
    fields.number("status", head.map_or(0, |head| head.status.as_u16()));
    fields.number("duration", reply.marks.end.as_secs_f64());
    if let Some(failure) = reply.outcome.failure() {
        let error = response::failure(failure.kind, failure.message.clone());
        fields.table("error", error);
    } else {
        fields.number("items", scored.items() as f64);
        if let Some(tokens) = reply.tokens.prompt {
            fields.number("prompt_tokens", tokens as f64);
        }
    }
    fields
}

/// A list of texts, or one text.
fn texts(params: &CallParams<'_>, field: &str) -> mlua::Result<Vec<String>> {
    let texts: Vec<String> = match params.get(field)? {
        Value::String(text) => vec![text.to_string_lossy()],
        Value::Table(texts) => texts
            .sequence_values::<String>()
            .collect::<mlua::Result<_>>()?,
        other => return Err(params.wrong_type(field, "a list of texts", &other)),
    };
    if texts.is_empty() {
        return Err(params.misuse(format_args!("{field} has no text")));
    }
    Ok(texts)
}
