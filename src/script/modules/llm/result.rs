//! The result of an exchange, for scripts.

use std::time::Duration;

use mlua::{Lua, MetaMethod, Table, UserData, UserDataMethods, Value};

use crate::chat::Exchange;
use crate::llm::{Reply, ServerTimings};
use crate::script::response;

/// What is known of a result before there is an answer.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) url: String,
    /// The model, if it is named.
    pub(super) model: Option<String>,
    /// About how many tokens the prompt has.
    pub(super) prompt_tokens: Option<u64>,
    /// Whether the script wants the text.
    pub(super) wants_text: bool,
}

/// The result table.
pub(super) fn table(lua: &Lua, facts: &Facts, exchange: Exchange) -> mlua::Result<Table> {
    let table = response::table(lua, &facts.url, exchange.head.as_ref())?;
    let reply = exchange.reply;
    if let Some(failure) = reply.outcome.failure() {
        table.raw_set(
            "error",
            response::failure(lua, failure.kind, &failure.message)?,
        )?;
    }
    if let Some(body) = &exchange.body {
        table.raw_set("body", lua.create_string(body)?)?;
    }
    table.raw_set("model", facts.model.as_deref())?;
    if facts.wants_text {
        table.raw_set("text", reply.text())?;
        table.raw_set("reasoning", some(reply.reasoning()))?;
    }
    table.raw_set("finish_reason", reply.finish_reason())?;
    table.raw_set("done", reply.done)?;
    table.raw_set("chunks", reply.chunks)?;
    table.raw_set("bunched", reply.is_bunched())?;
    tokens(&table, facts, &reply)?;
    times(&table, &reply)?;
    table.raw_set("timings", response::timings(lua, &exchange.times)?)?;
    if let Some(timings) = &reply.server {
        table.raw_set("server", server(lua, timings)?)?;
    }
    let meta = lua.create_table_with_capacity(0, 1)?;
    meta.raw_set(MetaMethod::Index.name(), Gaps(reply.gaps))?;
    table.set_metatable(Some(meta))?;
    Ok(table)
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn tokens(table: &Table, facts: &Facts, reply: &Reply) -> mlua::Result<()> {
    let tokens = reply.tokens;
    let reported = tokens.prompt.filter(|tokens| *tokens > 0);
    table.raw_set("prompt_tokens", reported.or(facts.prompt_tokens))?;
    let source = match (reported, facts.prompt_tokens) {
        (Some(_), _) => Some("server"),
        (None, Some(_)) => Some("estimate"),
        (None, None) => None,
    };
    table.raw_set("prompt_tokens_from", source)?;
    table.raw_set("cached_tokens", tokens.cached)?;
    table.raw_set("completion_tokens", tokens.completion)?;
    table.raw_set("reasoning_tokens", tokens.reasoning)?;
    table.raw_set("token_source", tokens.source.as_str())?;
    table.raw_set("tokens_per_second", reply.tokens_per_second())
}

fn times(table: &Table, reply: &Reply) -> mlua::Result<()> {
    for (name, time) in [
        ("ttfb", reply.marks.first_byte),
        ("first_chunk", reply.marks.first_chunk),
        ("ttft", reply.ttft()),
        ("ttfo", reply.ttfo()),
        ("tpot", reply.tpot()),
        ("e2e", reply.e2e()),
    ] {
        table.raw_set(name, time.as_ref().map(Duration::as_secs_f64))?;
    }
    Ok(())
}

/// What the server measured itself.
fn server(lua: &Lua, timings: &ServerTimings) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, 5)?;
    table.raw_set("prompt_tokens", timings.prompt_tokens)?;
    table.raw_set("cached_tokens", timings.cached_tokens)?;
    table.raw_set("prompt_seconds", timings.prompt_seconds)?;
    table.raw_set("completion_tokens", timings.completion_tokens)?;
    table.raw_set("completion_seconds", timings.completion_seconds)?;
    Ok(table)
}

/// The gaps between chunks. They become a table only if the script asks for `itl`.
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
