//! The error for a missing member of a namespace.

use mlua::{Lua, MetaMethod, Table, Value};

use crate::units::nearest;

/// Names of other load testers and libraries, and what to write in a script of ssel.
const ELSEWHERE: &[(&str, &str)] = &[
    ("http.del", "http.delete"),
    ("http.batch", "spawn(http.get, url) for each request"),
    ("http.asyncRequest", "spawn(http.request, method, url)"),
    ("http.CookieJar", "http.cookie_jar()"),
    (
        "http.cookieJar",
        "nothing: each VU has its own jar; http.cookie_jar() creates another",
    ),
    (
        "http.file",
        "the body yourself: multipart forms are not supported",
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
    (
        "cjson.encode_number_precision",
        "nothing: numbers have as many digits as it takes to read them back",
    ),
    ("exec.default", "exec itself"),
    ("data.SharedArray", "data.shared(name, fn)"),
    (
        "sse.on",
        "sse.open(url, function(client) client:on(\"event\", …) end)",
    ),
    ("sse.get", "sse.open(url, function(client) … end)"),
];

/// Makes reading a missing member of `table` an error that names the likely intention. A table with a metatable
/// keeps it.
pub(super) fn explain(lua: &Lua, name: &str, table: &Table) -> mlua::Result<()> {
    if table.metatable().is_some() {
        return Ok(());
    }
    let meta = lua.create_table()?;
    // Scripts cannot read or replace the metatable.
    meta.raw_set("__metatable", false)?;
    let name = name.to_owned();
    let index = lua.create_function(move |_, (table, key): (Table, Value)| {
        let mut known = Vec::new();
        for pair in table.pairs::<Value, Value>() {
            if let (Value::String(name), _) = pair? {
                known.push(name.to_string_lossy());
            }
        }
        let known = known.iter().map(String::as_str).collect();
        Err::<(), _>(error(&name, &key.to_string()?, known))
    })?;
    meta.raw_set(MetaMethod::Index.name(), index)?;
    table.set_metatable(Some(meta))
}

/// The error for a member that `namespace` does not have; `known` are those it has.
pub(super) fn error(namespace: &str, key: &str, mut known: Vec<&str>) -> mlua::Error {
    known.sort_unstable();
    let member = format!("{namespace}.{key}");
    let elsewhere = ELSEWHERE.iter().find(|(known, _)| *known == member);
    let remedy = match (elsewhere, nearest(key, known.iter().copied())) {
        (Some((_, instead)), _) => format!("write {instead}"),
        (None, Some(nearest)) => format!("did you mean {namespace}.{nearest}?"),
        (None, None) => format!("{namespace} has {}", known.join(", ")),
    };
    mlua::Error::runtime(format!("{member} does not exist; {remedy}"))
}
