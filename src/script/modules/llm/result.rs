//! The result of `llm.chat`.

use mlua::{Lua, MetaMethod, Table, UserData, UserDataMethods, Value};

use crate::chat::ChatExchange;
use crate::llm::{Reply, ServerTimings};
use crate::script::response;
use crate::script::table_builder::TableBuilder;

/// The part of a result that is known before the response.
#[derive(Debug, Clone)]
pub(super) struct ChatInfo {
    pub(super) url: String,
    /// The model, if the script names one.
    pub(super) model: Option<String>,
    /// The script's estimate of the number of tokens in the prompt.
    pub(super) prompt_tokens: Option<u64>,
    /// Whether the script wants the text.
    pub(super) wants_text: bool,
}

/// The result table.
pub(super) fn table(lua: &Lua, info: &ChatInfo, exchange: ChatExchange) -> mlua::Result<Table> {
    let reply = exchange.reply;
    let mut fields = response::fields(&info.url, exchange.head.as_ref());
    if let Some(failure) = reply.outcome.failure() {
        fields.table(
            "error",
            response::failure(failure.kind, failure.message.clone()),
        );
    }
    if let Some(body) = &exchange.body {
        fields.text("body", body);
    }
    if let Some(model) = &info.model {
        fields.text("model", model);
    }
    if info.wants_text {
        fields.text("text", reply.text());
        if !reply.reasoning().is_empty() {
            fields.text("reasoning", reply.reasoning());
        }
    }
    if let Some(reason) = reply.finish_reason() {
        fields.text("finish_reason", reason);
    }
    fields.flag("done", reply.done);
    fields.number("chunks", reply.chunks as f64);
    fields.flag("bunched", reply.is_bunched());
    tokens(&mut fields, info, &reply);
    times(&mut fields, &reply);
    fields.table("timings", response::timings(&exchange.times));
    if let Some(timings) = &reply.server {
        fields.table("server", server(timings));
    }
    let table = fields.into_table(lua)?;
    let meta = lua.create_table_with_capacity(0, 1)?;
    meta.raw_set(MetaMethod::Index.name(), Gaps(reply.gaps))?;
    table.set_metatable(Some(meta))?;
    Ok(table)
}

fn tokens(fields: &mut TableBuilder<'_>, info: &ChatInfo, reply: &Reply) {
    let tokens = reply.tokens;
    let reported = tokens.prompt.filter(|tokens| *tokens > 0);
    let number = |count: Option<u64>| count.map(|count| count as f64);
    fields.numbers([
        ("prompt_tokens", number(reported.or(info.prompt_tokens))),
        ("cached_tokens", number(tokens.cached)),
        ("completion_tokens", Some(tokens.completion as f64)),
        ("reasoning_tokens", number(tokens.reasoning)),
        ("tokens_per_second", reply.tokens_per_second()),
    ]);
    match (reported, info.prompt_tokens) {
        (Some(_), _) => fields.text("prompt_tokens_from", "server"),
        (None, Some(_)) => fields.text("prompt_tokens_from", "estimate"),
        (None, None) => {}
    }
    fields.text("token_source", tokens.source.as_str());
}

fn times(fields: &mut TableBuilder<'_>, reply: &Reply) {
    let times = [
        ("ttfb", reply.marks.first_byte),
        ("first_chunk", reply.marks.first_chunk),
        ("ttft", reply.ttft()),
        ("ttfo", reply.ttfo()),
        ("tpot", reply.tpot()),
        ("e2e", reply.e2e()),
    ];
    fields.numbers(times.map(|(name, time)| (name, time.map(|time| time.as_secs_f64()))));
}

/// Figures that the server reports.
fn server(timings: &ServerTimings) -> TableBuilder<'static> {
    let number = |count: Option<u64>| count.map(|count| count as f64);
    let mut fields = TableBuilder::with_capacity(5);
    fields.numbers([
        ("prompt_tokens", number(timings.prompt_tokens)),
        ("cached_tokens", number(timings.cached_tokens)),
        ("prompt_seconds", timings.prompt_seconds),
        ("completion_tokens", number(timings.completion_tokens)),
        ("completion_seconds", timings.completion_seconds),
    ]);
    fields
}

/// The gaps between chunks. They become a table only if the script reads `itl`.
struct Gaps(Vec<f64>);

impl UserData for Gaps {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::Index, |lua, this, name: Value| {
            let is_itl = name
                .as_string()
                .is_some_and(|name| *name.as_bytes() == *b"itl");
            if !is_itl {
                return Ok(Value::Nil);
            }
            let gaps = this.0.iter().copied();
            lua.create_sequence_from(gaps).map(Value::Table)
        });
    }
}
