//! Converts Lua tables to the JSON of a request.

use mlua::{Lua, Value};
use serde_json::{Map, Value as Json};

use super::super::json;
use crate::script::args;

const FUNCTION: &str = "llm.chat";

/// An object; nil is an empty one.
pub(super) fn object(lua: &Lua, field: &str, value: &Value) -> mlua::Result<Map<String, Json>> {
    match value {
        Value::Nil => Ok(Map::new()),
        Value::Table(_) => match json_of(lua, field, value)? {
            Json::Object(map) => Ok(map),
            _ => Err(args::misuse(
                FUNCTION,
                format_args!("{field}: expected a table of names and values, got an array"),
            )),
        },
        other => Err(args::wrong_type(FUNCTION, field, "a table", other)),
    }
}

/// The messages of a conversation.
pub(super) fn list(lua: &Lua, value: &Value) -> mlua::Result<Vec<Json>> {
    const EXPECTED: &str =
        "a list of messages such as { { role = \"user\", content = \"Hello\" } }";
    let refuse = || args::wrong_type(FUNCTION, "messages", EXPECTED, value);
    if !value.is_table() {
        return Err(refuse());
    }
    let Json::Array(messages) = json_of(lua, "messages", value)? else {
        return Err(refuse());
    };
    match messages.iter().position(|message| !message.is_object()) {
        Some(i) => {
            let place = i + 1;
            let what = format_args!("messages[{place}]: expected {{ role = …, content = … }}");
            Err(args::misuse(FUNCTION, what))
        }
        None => Ok(messages),
    }
}

fn json_of(lua: &Lua, field: &str, value: &Value) -> mlua::Result<Json> {
    let refuse =
        |error: &dyn std::fmt::Display| args::misuse(FUNCTION, format_args!("{field}: {error}"));
    let mut text = Vec::new();
    json::encode(lua, value, json::Settings::default(), &mut text).map_err(|e| refuse(&e))?;
    // Strings of Lua may be any bytes; JSON is UTF-8.
    let text = String::from_utf8_lossy(&text);
    serde_json::from_str(&text).map_err(|e| refuse(&e))
}
