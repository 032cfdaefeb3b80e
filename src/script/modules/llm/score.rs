//! `llm.embed` and `llm.rerank`: requests for scores.

use std::rc::Rc;
use std::time::Duration;

use ::http::Method;
use ::http::header::CONTENT_TYPE;
use mlua::{IntoLua, Lua, MultiValue, Value};

use super::messages;
use crate::chat::{self, Measure, Scored};
use crate::http::{Request, parse_url};
use crate::metrics::Tags;
use crate::samples;
use crate::script::args;
use crate::script::context::Context;
use crate::script::native::Functions;
use crate::script::request::{self, Params};

const TIMEOUT: Duration = Duration::from_mins(10);

const EMBED: &[&str] = &[
    "url",
    "model",
    "input",
    "bearer",
    "headers",
    "extra",
    "timeout",
    "connect_timeout",
    "tags",
    "jar",
    "measure",
];
const RERANK: &[&str] = &[
    "url",
    "model",
    "query",
    "documents",
    "bearer",
    "headers",
    "extra",
    "timeout",
    "connect_timeout",
    "tags",
    "jar",
    "measure",
];

/// Adds the functions to `native`.
pub(super) fn install(native: &Functions<'_>) -> mlua::Result<()> {
    for (name, function, fields) in [
        ("begin_embed", "llm.embed", EMBED),
        ("begin_rerank", "llm.rerank", RERANK),
    ] {
        native.add(name, move |lua, ctx, params: Value| {
            begin(lua, ctx, function, fields, &params)
        })?;
    }
    Ok(())
}

fn begin(
    lua: &Lua,
    context: &Rc<Context>,
    function: &'static str,
    fields: &'static [&'static str],
    params: &Value,
) -> mlua::Result<()> {
    let params = Params::of(function, "argument 1", params, fields)?;
    let scored = if function == "llm.embed" {
        Scored::Embeddings(texts(function, "input", &params.get("input")?)?)
    } else {
        let query = params.text("query")?;
        let query = query.ok_or_else(|| args::misuse(function, "query is missing"))?;
        Scored::Rerank(
            query,
            texts(function, "documents", &params.get("documents")?)?,
        )
    };
    let model = params.text("model")?.unwrap_or_default();
    let extra = messages::object(lua, "extra", &params.get("extra")?)?;
    let mut url = request::url(function, "url", &params.get("url")?)?;
    if matches!(url.path().trim_end_matches('/'), "" | "/v1") {
        url.set_path(scored.path());
    }
    let bad = |error: crate::http::Error| args::misuse(function, error);
    let mut request = Request::new(Method::POST, parse_url(url.as_str()).map_err(bad)?);
    params.apply(&mut request)?;
    request
        .header(CONTENT_TYPE.as_str(), "application/json")
        .map_err(bad)?;
    if let Some(key) = params.text("bearer")? {
        let header = request.header("authorization", format!("Bearer {key}"));
        header.map_err(|_| {
            args::misuse(
                function,
                "bearer: it holds a line break or control character",
            )
        })?;
    }
    request.timeout = Some(params.duration("timeout")?.unwrap_or(TIMEOUT));
    request.body = scored.body(&model, &extra).into();
    let mut tags = Tags::new();
    if !model.is_empty() {
        tags = tags.with("model", model.as_str());
    }
    let tags = tags.merged(&params.tags()?);
    let measure = params.flag("measure")?.unwrap_or(true).then(|| Measure {
        recorder: context.recorder.clone(),
        tags: samples::request_tags(&context.tags.borrow(), &request.method, &request.url, &tags),
        goodput: None,
        prompt_tokens: None,
        schedule_delay: context.schedule_delay(),
        turn: None,
        items: Some(scored.items()),
    });
    let (lua, ctx) = (lua.clone(), Rc::clone(context));
    context.wait_for(async move {
        let exchange = chat::score(&ctx.client(), request, &scored).await;
        if let Some(measure) = &measure {
            let _ = measure.record(&exchange);
            if let Some(started) = ctx.process.run.started() {
                let start = exchange.start.saturating_duration_since(started);
                if let Some(replies) = &ctx.process.replies {
                    replies(&measure.request(start), &exchange.reply);
                }
            }
        }
        let result = lua.create_table()?;
        let reply = &exchange.reply;
        result.set(
            "status",
            exchange
                .head
                .as_ref()
                .map_or(0, |head| head.status.as_u16()),
        )?;
        result.set("duration", reply.marks.end.as_secs_f64())?;
        if let Some(failure) = reply.outcome.failure() {
            let error = lua.create_table()?;
            error.set("kind", failure.kind)?;
            error.set("message", failure.message.as_str())?;
            result.set("error", error)?;
        } else {
            result.set("items", scored.items())?;
            result.set("prompt_tokens", reply.tokens.prompt)?;
        }
        Ok(MultiValue::from_iter([result.into_lua(&lua)?]))
    });
    Ok(())
}

/// A list of texts, or one.
fn texts(function: &'static str, field: &str, value: &Value) -> mlua::Result<Vec<String>> {
    let texts: Vec<String> = match value {
        Value::String(text) => vec![text.to_string_lossy()],
        Value::Table(texts) => texts
            .sequence_values::<String>()
            .collect::<mlua::Result<_>>()?,
        other => return Err(args::wrong_type(function, field, "a list of texts", other)),
    };
    if texts.is_empty() {
        return Err(args::misuse(function, format_args!("{field} has no text")));
    }
    Ok(texts)
}
