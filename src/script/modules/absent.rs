//! What a namespace says of a member that it does not have.

use mlua::{Lua, MetaMethod, Table, Value};

use crate::units::nearest;

/// What other load testers have under these names, and what to write here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("http.del", "http.delete"),
    ("http.batch", "spawn(http.get, url) for each request"),
    ("http.asyncRequest", "spawn(http.request, method, url)"),
    ("http.CookieJar", "http.cookie_jar()"),
    (
        "http.cookieJar",
        "nothing: a VU has a jar of its own; another is http.cookie_jar()",
    ),
    (
        "http.file",
        "a body made by hand: there are no multipart forms",
    ),
    (
        "http.url",
        "tags = { name = \"…\" } in the parameters of the request",
    ),
    ("http.expectedStatuses", "a check of response.status"),
    ("http.setResponseCallback", "a check of response.status"),
    ("json.parse", "json.decode(text, { nulls = false })"),
    ("json.stringify", "json.encode(value)"),
    ("json.loads", "json.decode(text)"),
    ("json.dumps", "json.encode(value)"),
    ("exec.default", "exec itself"),
    ("data.SharedArray", "data.shared(name, fn)"),
    (
        "sse.on",
        "sse.open(url, function(client) client:on(\"event\", …) end)",
    ),
    ("sse.get", "sse.open(url, function(client) … end)"),
];

/// Makes reading a member that `table` lacks an error with what was probably meant. A table that has an answer of its own
/// keeps it.
pub(super) fn explain(lua: &Lua, name: &str, table: &Table) -> mlua::Result<()> {
    if table.metatable().is_some() {
        return Ok(());
    }
    let meta = lua.create_table()?;
    // What hangs on it is nothing to play with.
    meta.raw_set("__metatable", false)?;
    let name = name.to_owned();
    meta.raw_set(
        MetaMethod::Index.name(),
        lua.create_function(
            move |_, (table, key): (Table, Value)| -> mlua::Result<Value> {
                Err(mlua::Error::runtime(message(&name, &table, &key)?))
            },
        )?,
    )?;
    table.set_metatable(Some(meta))
}

/// The error for a member of `require "ssel"` that is not there.
pub(super) fn of_ssel(key: &Value) -> mlua::Result<mlua::Error> {
    let mut known = super::names();
    known.push("print");
    known.sort_unstable();
    Ok(mlua::Error::runtime(told(
        "ssel",
        &key.to_string()?,
        &known,
    )))
}

/// The message about a member that is not there.
fn message(name: &str, table: &Table, key: &Value) -> mlua::Result<String> {
    let mut known = Vec::new();
    for pair in table.pairs::<Value, Value>() {
        if let (Value::String(name), _) = pair? {
            known.push(name.to_string_lossy().clone());
        }
    }
    known.sort();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    Ok(told(name, &key.to_string()?, &known))
}

fn told(namespace: &str, key: &str, known: &[&str]) -> String {
    let member = format!("{namespace}.{key}");
    if let Some((_, instead)) = ELSEWHERE.iter().find(|(known, _)| *known == member) {
        return format!("{member} does not exist; write {instead}");
    }
    match nearest(key, known.iter().copied()) {
        Some(nearest) => format!("{member} does not exist; did you mean {namespace}.{nearest}?"),
        None => format!(
            "{member} does not exist; {namespace} has {}",
            known.join(", ")
        ),
    }
}
