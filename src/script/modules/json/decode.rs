//! Decodes JSON text directly into Lua values.

use std::fmt;

use mlua::{Lua, Table, Value};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::{JsonOptions, MAX_DEPTH, array_mark};

/// Decodes one JSON text; `null` becomes `json.null`, or nil if the options say so.
///
/// # Errors
/// The error, with line and column.
pub(crate) fn decode(
    lua: &Lua,
    text: &[u8],
    options: JsonOptions,
) -> Result<Value, serde_json::Error> {
    let mark = if options.mark_arrays {
        Some(array_mark(lua).map_err(serde_json::Error::custom)?)
    } else {
        None
    };
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    // The limit of serde_json is 128 levels. Threads that run Lua have stacks for lua-cjson's limit.
    deserializer.disable_recursion_limit();
    let seed = ValueSeed {
        lua,
        mark: mark.as_ref(),
        nulls: options.nulls,
        depth_left: MAX_DEPTH,
    };
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct ValueSeed<'a> {
    lua: &'a Lua,
    mark: Option<&'a Table>,
    nulls: bool,
    depth_left: usize,
}

impl ValueSeed<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left, ..self }),
            None => Err(E::custom("too many nested data structures")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(if self.nulls { Value::NULL } else { Value::Nil })
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Boolean(b))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Value, E> {
        Ok(Value::Number(n))
    }

    #[expect(clippy::cast_precision_loss, reason = "LuaJIT numbers are doubles")]
    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Number(n as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "LuaJIT numbers are doubles")]
    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(Value::Number(n as f64))
    }

    fn visit_str<E: serde::de::Error>(self, s: &str) -> Result<Value, E> {
        self.lua
            .create_string(s)
            .map(Value::String)
            .map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let table = self.lua.create_table().map_err(A::Error::custom)?;
        let mut i = 0;
        while let Some(value) = seq.next_element_seed(inner)? {
            i += 1;
            table.raw_set(i, value).map_err(A::Error::custom)?;
        }
        if let Some(mark) = self.mark {
            table
                .set_metatable(Some(mark.clone()))
                .map_err(A::Error::custom)?;
        }
        Ok(Value::Table(table))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let table = self.lua.create_table().map_err(A::Error::custom)?;
        while let Some(key) = map.next_key_seed(inner)? {
            let value = map.next_value_seed(inner)?;
            table.raw_set(key, value).map_err(A::Error::custom)?;
        }
        Ok(Value::Table(table))
    }
}
