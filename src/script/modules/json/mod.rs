//! `json`: `encode`, `decode`, `null`, `array`; the same functions serve as `cjson` and `cjson.safe`.

mod decode;
mod encode;
mod null;
mod options;
pub(crate) mod shapes;

use std::cell::Cell;
use std::rc::Rc;

use mlua::{Lua, MultiValue, Table, Value};

use super::missing;
use crate::script::args;
use crate::script::error::LuaError;
use crate::script::response::metatable;

pub(crate) use decode::decode;
pub(crate) use encode::encode;
pub(crate) use null::install as install_null;
pub(crate) use options::JsonOptions;

/// Deeper tables are an error in both directions, as in lua-cjson.
const MAX_DEPTH: usize = 1000;

/// Key in the registry of the metatable that marks a table as a JSON array.
const ARRAY_MARK: &str = "ssel.json.array";

/// The metatable that marks arrays; one in each state.
pub(crate) fn array_mark(lua: &Lua) -> mlua::Result<Table> {
    metatable(lua, ARRAY_MARK, |_| Ok(()))
}

/// The table `json`.
pub(crate) fn load(lua: &Lua) -> mlua::Result<Value> {
    install_null(lua)?;
    let json = lua.create_table()?;
    json.set("null", Value::NULL)?;
    let encode = |lua: &Lua, value: Value| encode_text(lua, &value, JsonOptions::default());
    json.set("encode", lua.create_function(encode)?)?;
    let decode = |lua: &Lua, (text, options): (Value, Value)| {
        decode_text(
            lua,
            &text,
            JsonOptions::of_decoding("json.decode", &options)?,
        )
    };
    json.set("decode", lua.create_function(decode)?)?;
    json.set("array", lua.create_function(mark_array)?)?;
    Ok(Value::Table(json))
}

/// The table `cjson`, or `cjson.safe`, whose functions return `nil, message` instead of raising.
pub(crate) fn load_cjson(lua: &Lua, safe: bool) -> mlua::Result<Value> {
    let name = if safe { "cjson.safe" } else { "cjson" };
    let cjson = lua.create_table()?;
    cjson.set("_NAME", name)?;
    install_null(lua)?;
    cjson.set("null", Value::NULL)?;
    let mark = array_mark(lua)?;
    let empty = lua.create_table()?;
    empty.set_metatable(Some(mark.clone()))?;
    cjson.set("array_mt", &mark)?;
    cjson.set("empty_array_mt", &mark)?;
    cjson.set("empty_array", empty)?;
    let new = lua.create_function(move |lua, ()| load_cjson(lua, safe))?;
    cjson.set("new", new)?;

    let options = Rc::new(Cell::new(JsonOptions::default()));
    let own = Rc::clone(&options);
    let encode = lua.create_function(move |lua, value: Value| {
        answer(lua, encode_text(lua, &value, own.get()), safe)
    })?;
    cjson.set("encode", encode)?;
    let own = Rc::clone(&options);
    let decode = lua.create_function(move |lua, text: Value| {
        answer(lua, decode_text(lua, &text, own.get()), safe)
    })?;
    cjson.set("decode", decode)?;
    options::add_setters(&cjson, lua, &options)?;
    missing::explain(lua, name, &cjson)?;
    Ok(Value::Table(cjson))
}

fn encode_text(lua: &Lua, value: &Value, options: JsonOptions) -> mlua::Result<Value> {
    let mut out = Vec::with_capacity(128);
    encode(lua, value, options, &mut out).map_err(|error| args::misuse("json.encode", error))?;
    Ok(Value::String(lua.create_string(out)?))
}

fn decode_text(lua: &Lua, text: &Value, options: JsonOptions) -> mlua::Result<Value> {
    const FUNCTION: &str = "json.decode";
    let Some(text) = lua.coerce_string(text.clone())? else {
        return Err(args::wrong_type(
            FUNCTION,
            "argument 1 (text)",
            "a string",
            text,
        ));
    };
    decode(lua, &text.as_bytes(), options).map_err(|error| args::misuse(FUNCTION, error))
}

fn answer(lua: &Lua, result: mlua::Result<Value>, safe: bool) -> mlua::Result<MultiValue> {
    match result {
        Ok(value) => Ok(MultiValue::from_iter([value])),
        Err(error) if safe => {
            let message = lua.create_string(LuaError::of(&error).message)?;
            Ok(MultiValue::from_iter([Value::Nil, Value::String(message)]))
        }
        Err(error) => Err(error),
    }
}

/// `json.array(t)` marks `t` as an array, so that it is encoded as `[]` even when empty.
fn mark_array(lua: &Lua, table: Value) -> mlua::Result<Table> {
    let table = match table {
        Value::Nil => lua.create_table()?,
        Value::Table(table) => table,
        other => {
            let (place, expected) = ("argument 1", "a table or nothing");
            return Err(args::wrong_type("json.array", place, expected, &other));
        }
    };
    table.set_metatable(Some(array_mark(lua)?))?;
    Ok(table)
}

#[cfg(any(test, fuzzing))]
pub(crate) use self::shapes::has_shape;

#[cfg(test)]
mod tests;
