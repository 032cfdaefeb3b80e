//! The namespaces of `require "ssel"`, which are also globals.
//!
//! Each namespace has a file here and a page in docs/lua/. A module is created when a script first uses it, so that a VU pays
//! neither time nor memory for modules that its script does not use.

mod check;
mod data;
mod env;
mod exec;
mod fail;
mod group;
mod http;
pub(crate) mod json;
mod llm;
mod metrics;
mod missing;
mod now;
mod open;
mod report;
mod sleep;
mod spawn;
mod sse;
mod standard;
mod stdio;
mod target;

pub(crate) use stdio::{debug_function, explain_absent};

use std::rc::Rc;

use mlua::{Lua, LuaString, Table, Value};

use super::context::Context;
use super::native::Functions;
use super::require;

type LoadModule = fn(&Lua, &Rc<Context>) -> mlua::Result<Value>;

/// Every name of `require "ssel"`, in the order of the documentation.
const MODULES: &[(&str, LoadModule)] = &[
    ("sse", sse::load),
    ("http", http::load),
    ("llm", llm::load),
    ("spawn", spawn::load),
    ("check", check::load),
    ("group", group::load),
    ("sleep", sleep::load),
    ("now", now::load),
    ("fail", fail::load),
    ("metrics", metrics::load),
    ("json", |lua, _| json::load(lua)),
    ("data", data::load),
    ("exec", exec::load),
    ("env", env::load),
    ("open", open::load),
    ("target", target::load),
    ("report", report::load),
];

/// Globals that other Lua hosts have too; they do not belong to `require "ssel"`. They are created on first use, because most
/// VUs wait and each of these takes one to three KiB.
const LUA_LIBRARIES: &[(&str, LoadModule)] = &[
    ("os", stdio::load_os),
    ("io", stdio::load_io),
    ("debug", stdio::load_debug),
    ("math", standard::load_math),
    ("bit", standard::load_bit),
    ("string", standard::load_string),
    ("table", standard::load_table),
    ("coroutine", standard::load_coroutine),
    ("require", require::load),
    ("package", require::load_package),
];

/// Those that scripts extend, and whose missing members they test.
const EXTENDED: &[&str] = &["string", "table", "coroutine", "package"];

/// The names of `require "ssel"`.
pub(crate) fn names() -> Vec<&'static str> {
    MODULES.iter().map(|(name, _)| *name).collect()
}

/// Makes all modules reachable as globals and through `require`.
pub(crate) fn install(lua: &Lua, context: &Rc<Context>) -> mlua::Result<()> {
    let ssel = lua.create_table()?;
    let on_first_use = Functions::new(lua, context)?;
    on_first_use.add(
        "__index",
        |lua, ctx, (ssel, name): (Table, Value)| match load_into(lua, ctx, &ssel, &name, MODULES)? {
            Value::Nil => {
                let known = names().into_iter().chain(["print"]).collect();
                Err(missing::error("ssel", &name.to_string()?, known))
            }
            module => Ok(module),
        },
    )?;
    ssel.set_metatable(Some(on_first_use.table))?;
    ssel.raw_set("print", lua.globals().raw_get::<Value>("print")?)?;
    lua.set_named_registry_value("ssel", &ssel)?;

    let on_first_use = Functions::new(lua, context)?;
    on_first_use.add("__index", move |lua, ctx, args: (Table, Value)| {
        let (globals, name) = args;
        match load_into(lua, ctx, &globals, &name, LUA_LIBRARIES)? {
            Value::Nil => {}
            library => return Ok(library),
        }
        let value = match ssel.raw_get(&name)? {
            Value::Nil => load_into(lua, ctx, &ssel, &name, MODULES)?,
            value => value,
        };
        if !value.is_nil() {
            globals.raw_set(name, &value)?;
        }
        Ok(value)
    })?;
    standard::install_strings(lua, &on_first_use.table)?;
    lua.globals().set_metatable(Some(on_first_use.table))
}

/// A standard library of Lua, loaded if necessary; nil if there is none of this name.
pub(crate) fn library(lua: &Lua, context: &Rc<Context>, name: &Value) -> mlua::Result<Value> {
    let globals = lua.globals();
    let known = |text: &LuaString| {
        let is = |(name, _): &(&str, LoadModule)| name.as_bytes() == &*text.as_bytes();
        // It is in the list but is not a library.
        LUA_LIBRARIES.iter().any(is) && *text != "require"
    };
    match name {
        Value::String(text) if known(text) => match globals.raw_get(name)? {
            Value::Nil => load_into(lua, context, &globals, name, LUA_LIBRARIES),
            library => Ok(library),
        },
        _ => Ok(Value::Nil),
    }
}

fn load_into(
    lua: &Lua,
    context: &Rc<Context>,
    table: &Table,
    name: &Value,
    modules: &[(&str, LoadModule)],
) -> mlua::Result<Value> {
    let Value::String(text) = name else {
        return Ok(Value::Nil);
    };
    let text = text.as_bytes();
    let Some((_, load)) = modules.iter().find(|(known, _)| known.as_bytes() == &*text) else {
        return Ok(Value::Nil);
    };
    let value = load(lua, context)?;
    if let Value::Table(namespace) = &value
        && !EXTENDED.contains(&&*name.to_string()?)
    {
        missing::explain(lua, &name.to_string()?, namespace)?;
    }
    table.raw_set(name, &value)?;
    Ok(value)
}

/// The result of `require(name)` for a name of ssel: `ssel`, `ssel.sse`, `cjson`, `os`, …
pub(crate) fn required(
    lua: &Lua,
    context: &Rc<Context>,
    name: &str,
) -> mlua::Result<Option<Value>> {
    let ssel: Table = lua.named_registry_value("ssel")?;
    let value = match name {
        "ssel" => Value::Table(ssel),
        "cjson" => json::load_cjson(lua, false)?,
        "cjson.safe" => json::load_cjson(lua, true)?,
        _ => match name.strip_prefix("ssel.") {
            Some(member) => ssel.get(member)?,
            None => library(lua, context, &Value::String(lua.create_string(name)?))?,
        },
    };
    Ok(Some(value).filter(|value| !value.is_nil()))
}
