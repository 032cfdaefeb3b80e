//! Converts Lua tables to the JSON of a request.

use mlua::{Lua, Value};
use serde_json::{Map, Value as Json};

use super::super::json;
use crate::script::request::CallParams;

/// The object in a field; an empty one for nil.
pub(super) fn object(
    lua: &Lua,
    params: &CallParams<'_>,
    field: &str,
) -> mlua::Result<Map<String, Json>> {
    let value = params.get(field)?;
    match &value {
        Value::Nil => Ok(Map::new()),
        Value::Table(_) => match json_of(lua, params, field, &value)? {
            Json::Object(map) => Ok(map),
            _ => Err(params.misuse(format_args!(
                "{field}: expected a table of names and values, got an array"
            ))),
        },
        other => Err(params.wrong_type(field, "a table", other)),
    }
}

/// The messages of a conversation.
pub(super) fn list(lua: &Lua, params: &CallParams<'_>, value: &Value) -> mlua::Result<Vec<Json>> {
    const EXPECTED: &str =
        "a list of messages such as { { role = \"user\", content = \"Hello\" } }";
    let refuse = || params.wrong_type("messages", EXPECTED, value);
    if !value.is_table() {
        return Err(refuse());
    }
    let Json::Array(messages) = json_of(lua, params, "messages", value)? else {
        return Err(refuse());
    };
    match messages.iter().position(|message| !message.is_object()) {
        Some(i) => Err(params.misuse(format_args!(
            "messages[{}]: expected {{ role = …, content = … }}",
            i + 1
        ))),
        None => Ok(messages),
    }
}

fn json_of(lua: &Lua, params: &CallParams<'_>, field: &str, value: &Value) -> mlua::Result<Json> {
    let refuse = |error: &dyn std::fmt::Display| params.misuse(format_args!("{field}: {error}"));
    let mut text = Vec::new();
    json::encode(lua, value, json::JsonOptions::default(), &mut text).map_err(|e| refuse(&e))?;
    // Strings of Lua may contain any bytes; JSON is UTF-8.
    let text = String::from_utf8_lossy(&text);
    serde_json::from_str(&text).map_err(|e| refuse(&e))
}
