//! What scripts get wrong with streams and clients.

use mlua::{Lua, LuaString, Table, Value};

use crate::script::args;

const CALLBACKS: &[&str] = &["open", "event", "comment", "error", "close"];

/// Puts `misuse(what, ...)` into `native`, which raises.
pub(super) fn install(lua: &Lua, native: &Table) -> mlua::Result<()> {
    type Details = (LuaString, Value, Value, Value);
    native.set(
        "misuse",
        lua.create_function(
            |_, (what, first, second, third): Details| -> mlua::Result<()> {
                Err(match &*what.as_bytes() {
                    b"on" => on(&first, &second, &third),
                    b"colon" => args::without_colon(&text(&first), &text(&second)),
                    b"late" => args::misuse(
                        "client:on",
                        format_args!(
                            "the first handler for '{}' must be set in the setup function, before the request is sent",
                            text(&first)
                        ),
                    ),
                    b"setup" => {
                        let expected = "a function(client) as the last argument";
                        args::wrong_type("sse.open", "argument 3 (setup)", expected, &first)
                    }
                    b"busy" => {
                        let what = "another task is waiting for the next event of this stream";
                        args::misuse("stream:next", what)
                    }
                    _ => {
                        let expected = "a stream made by sse.connect; call it with a colon";
                        let method = format!("stream:{}", text(&first));
                        args::wrong_type(&method, "the stream", expected, &second)
                    }
                })
            },
        )?,
    )
}

/// What is wrong with the arguments of `client:on`.
fn on(client: &Value, name: &Value, handler: &Value) -> mlua::Error {
    if !client.is_table() {
        let what = "call it with a colon: client:on(\"event\", function(event) … end)";
        return args::misuse("client:on", what);
    }
    if CALLBACKS.contains(&text(name).as_str()) {
        return args::wrong_type("client:on", "argument 2", "a function", handler);
    }
    let expected = format!("one of {}", CALLBACKS.join(", "));
    args::wrong_type("client:on", "argument 1 (name)", &expected, name)
}

fn text(value: &Value) -> String {
    let text = value.as_string().map(LuaString::to_string_lossy);
    text.unwrap_or_default()
}
