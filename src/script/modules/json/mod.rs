//! `json`: `encode`, `decode`, `null`, `array`; the same functions also serve as `cjson` and `cjson.safe`.

mod decode;
mod encode;
mod null;
mod number;
mod settings;
pub(crate) mod shapes;

use std::cell::Cell;
use std::rc::Rc;

use mlua::{Lua, MultiValue, Table, Value};

use super::super::args;

pub(crate) use decode::decode;
pub(crate) use encode::encode;
pub(crate) use null::install as install_null;
pub(crate) use settings::Settings;

/// Key in the registry of the metatable that marks a table as a JSON array.
const ARRAY_MARK: &str = "ssel.json.array";

/// The metatable that marks arrays; one in each state.
pub(crate) fn array_mark(lua: &Lua) -> mlua::Result<Table> {
    if let Some(mark) = lua.named_registry_value::<Option<Table>>(ARRAY_MARK)? {
        return Ok(mark);
    }
    let mark = lua.create_table()?;
    lua.set_named_registry_value(ARRAY_MARK, &mark)?;
    Ok(mark)
}

/// The table `json`.
pub(crate) fn load(lua: &Lua) -> mlua::Result<Value> {
    install_null(lua)?;
    let json = lua.create_table()?;
    json.set("null", Value::NULL)?;
    json.set(
        "encode",
        lua.create_function(|lua, value: Value| encode_text(lua, &value, Settings::default()))?,
    )?;
    json.set(
        "decode",
        lua.create_function(|lua, (text, options): (Value, Value)| {
            decode_text(lua, &text, Settings::reading("json.decode", &options)?)
        })?,
    )?;
    json.set("array", lua.create_function(mark_array)?)?;
    Ok(Value::Table(json))
}

/// The table `cjson`, or with `safe` the table `cjson.safe`, whose functions return `nil, message` instead of raising.
pub(crate) fn load_cjson(lua: &Lua, safe: bool) -> mlua::Result<Value> {
    let settings = Rc::new(Cell::new(Settings::default()));
    let cjson = lua.create_table()?;
    cjson.set("_NAME", if safe { "cjson.safe" } else { "cjson" })?;
    install_null(lua)?;
    cjson.set("null", Value::NULL)?;
    let mark = array_mark(lua)?;
    let empty = lua.create_table()?;
    empty.set_metatable(Some(mark.clone()))?;
    cjson.set("array_mt", &mark)?;
    cjson.set("empty_array_mt", &mark)?;
    cjson.set("empty_array", empty)?;
    cjson.set(
        "new",
        lua.create_function(move |lua, ()| load_cjson(lua, safe))?,
    )?;

    let own = Rc::clone(&settings);
    let f = lua.create_function(move |lua, value: Value| {
        answer(lua, encode_text(lua, &value, own.get()), safe)
    })?;
    cjson.set("encode", f)?;
    let own = Rc::clone(&settings);
    let f = lua.create_function(move |lua, text: Value| {
        answer(lua, decode_text(lua, &text, own.get()), safe)
    })?;
    cjson.set("decode", f)?;

    settings::put_into(&cjson, lua, &settings)?;
    Ok(Value::Table(cjson))
}

fn encode_text(lua: &Lua, value: &Value, settings: Settings) -> mlua::Result<Value> {
    let mut out = Vec::with_capacity(128);
    encode(lua, value, settings, &mut out)
        .map_err(|e| mlua::Error::runtime(format!("json.encode: {e}")))?;
    Ok(Value::String(lua.create_string(out)?))
}

fn decode_text(lua: &Lua, text: &Value, settings: Settings) -> mlua::Result<Value> {
    let Some(text) = lua.coerce_string(text.clone())? else {
        let place = "argument 1 (text)";
        return Err(args::wrong_type("json.decode", place, "a string", text));
    };
    decode(lua, &text.as_bytes(), settings)
        .map_err(|e| mlua::Error::runtime(format!("json.decode: {e}")))
}

fn answer(lua: &Lua, result: mlua::Result<Value>, safe: bool) -> mlua::Result<MultiValue> {
    match result {
        Ok(value) => Ok(MultiValue::from_iter([value])),
        Err(error) if safe => {
            let message = super::super::error::LuaError::of(&error).message;
            Ok(MultiValue::from_iter([
                Value::Nil,
                Value::String(lua.create_string(message)?),
            ]))
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
            let expected = "a table or nothing";
            return Err(args::wrong_type(
                "json.array",
                "argument 1",
                expected,
                &other,
            ));
        }
    };
    table.set_metatable(Some(array_mark(lua)?))?;
    Ok(table)
}

#[cfg(any(test, fuzzing))]
pub(crate) use self::shapes::has_shape;

#[cfg(test)]
mod tests;
