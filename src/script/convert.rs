//! Plain values: what crosses from one Lua state to another, always by value.

use std::fmt;

use super::modules::json;
use super::shared_data::SharedArray;
use mlua::{Lua, Table, Value};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Tables nested deeper than this are refused; a table that contains itself is caught by the same bound.
const MAX_DEPTH: usize = 100;

/// A Lua value without identity: no functions, coroutines or metatables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plain {
    /// `nil`, as the whole value only; a table has no nil members.
    Nil,
    /// `json.null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// Any Lua number.
    Number(f64),
    /// Any bytes; Lua strings need not be UTF-8.
    Bytes(Box<[u8]>),
    /// A table with the keys 1 to n.
    Array(Box<[Plain]>),
    /// Any other table.
    Map(Box<[(Plain, Plain)]>),
}

/// What could not be copied, and where in the value it stands, e.g. `.user.callback`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotPlain {
    path: String,
    what: String,
}

impl NotPlain {
    fn at(mut self, key: &str) -> Self {
        self.path.insert_str(0, key);
        self
    }
}

impl fmt::Display for NotPlain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.trim_start_matches('.') {
            "" => f.write_str(&self.what),
            path => write!(f, "{} at {path}", self.what),
        }
    }
}

impl Plain {
    /// Copies a Lua value out of its state.
    ///
    /// # Errors
    /// Names the place of the first function, userdata or coroutine, or of a table nested too deep.
    pub(crate) fn from_lua(value: &Value) -> Result<Self, NotPlain> {
        copy_out(value, 0)
    }

    /// Builds the value anew in `lua`.
    pub(crate) fn to_lua(&self, lua: &Lua) -> mlua::Result<Value> {
        Ok(match self {
            Self::Nil => Value::Nil,
            Self::Null => {
                json::install_null(lua)?;
                Value::NULL
            }
            Self::Bool(b) => Value::Boolean(*b),
            Self::Number(n) => Value::Number(*n),
            Self::Bytes(bytes) => Value::String(lua.create_string(bytes)?),
            Self::Array(items) => {
                let table = lua.create_table_with_capacity(items.len(), 0)?;
                for (i, item) in items.iter().enumerate() {
                    table.raw_set(i + 1, item.to_lua(lua)?)?;
                }
                Value::Table(table)
            }
            Self::Map(pairs) => {
                let table = lua.create_table_with_capacity(0, pairs.len())?;
                for (key, value) in pairs {
                    table.raw_set(key.to_lua(lua)?, value.to_lua(lua)?)?;
                }
                Value::Table(table)
            }
        })
    }

    /// The value as JSON, for options and the summary.
    ///
    /// # Errors
    /// JSON has no NaN, no infinity and no table keys but strings.
    pub(crate) fn to_json(&self) -> Result<serde_json::Value, NotPlain> {
        use serde_json::Value as Json;
        let refuse = |what: String| NotPlain {
            path: String::new(),
            what,
        };
        Ok(match self {
            Self::Nil | Self::Null => Json::Null,
            Self::Bool(b) => Json::Bool(*b),
            Self::Number(n) => json_number(*n).ok_or_else(|| refuse(format!("the number {n}")))?,
            Self::Bytes(bytes) => Json::String(String::from_utf8_lossy(bytes).into_owned()),
            Self::Array(items) => Json::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| item.to_json().map_err(|e| e.at(&format!("[{}]", i + 1))))
                    .collect::<Result<_, _>>()?,
            ),
            Self::Map(pairs) => {
                let mut map = serde_json::Map::new();
                for (key, value) in pairs {
                    let Self::Bytes(name) = key else {
                        return Err(refuse(match key {
                            Self::Number(n) => format!(
                                "the key [{n}] beside names (a table here has names only, or is a list)"
                            ),
                            _ => "a key that is not text".to_owned(),
                        }));
                    };
                    let name = String::from_utf8_lossy(name).into_owned();
                    let value = value.to_json().map_err(|e| e.at(&format!(".{name}")))?;
                    map.insert(name, value);
                }
                Json::Object(map)
            }
        })
    }
}

/// Whole numbers become JSON integers, so that `vus = 5` is 5 and not 5.0.
fn json_number(n: f64) -> Option<serde_json::Value> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "guarded: a whole number below 2^53"
    )]
    if n.fract() == 0.0 && n.abs() <= EXACT {
        return Some((n as i64).into());
    }
    serde_json::Number::from_f64(n).map(serde_json::Value::Number)
}

fn copy_out(value: &Value, depth: usize) -> Result<Plain, NotPlain> {
    let refuse = |what: &str| {
        Err(NotPlain {
            path: String::new(),
            what: what.to_owned(),
        })
    };
    match value {
        Value::Nil => Ok(Plain::Nil),
        Value::Boolean(b) => Ok(Plain::Bool(*b)),
        #[expect(clippy::cast_precision_loss, reason = "LuaJIT numbers are doubles")]
        Value::Integer(i) => Ok(Plain::Number(*i as f64)),
        Value::Number(n) => Ok(Plain::Number(*n)),
        Value::String(s) => Ok(Plain::Bytes((&*s.as_bytes()).into())),
        Value::LightUserData(p) if p.0.is_null() => Ok(Plain::Null),
        Value::Table(_) if depth == MAX_DEPTH => {
            refuse("a table that contains itself or is nested deeper than 100")
        }
        Value::Table(table) => copy_table(table, depth),
        // A shared array is as good as a table of its elements.
        Value::UserData(shared) if shared.is::<SharedArray>() => {
            match shared.borrow::<SharedArray>() {
                Ok(shared) => Ok(Plain::Array(shared.items.to_vec().into())),
                Err(error) => refuse(&error.to_string()),
            }
        }
        other => refuse(&format!("a {}", other.type_name())),
    }
}

fn copy_table(table: &Table, depth: usize) -> Result<Plain, NotPlain> {
    let broken = |e: mlua::Error| NotPlain {
        path: String::new(),
        what: e.to_string(),
    };
    let mut pairs = Vec::new();
    let mut is_array = true;
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair.map_err(broken)?;
        is_array = is_array && index_of(&key) == Some(pairs.len() + 1);
        let value = copy_out(&value, depth + 1).map_err(|e| e.at(&path_step(&key)))?;
        pairs.push((copy_out(&key, depth + 1)?, value));
    }
    if is_array {
        Ok(Plain::Array(
            pairs.into_iter().map(|(_, value)| value).collect(),
        ))
    } else {
        Ok(Plain::Map(pairs.into()))
    }
}

fn index_of(key: &Value) -> Option<usize> {
    match key {
        Value::Integer(i) => usize::try_from(*i).ok(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked by the guard"
        )]
        Value::Number(n) if n.fract() == 0.0 && *n >= 1.0 && *n <= f64::from(u32::MAX) => {
            Some(*n as usize)
        }
        _ => None,
    }
}

fn path_step(key: &Value) -> String {
    match key {
        Value::String(s) => format!(".{}", s.to_string_lossy()),
        Value::Integer(i) => format!("[{i}]"),
        Value::Number(n) => format!("[{n}]"),
        other => format!("[{}]", other.type_name()),
    }
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor)
    }
}

struct PlainVisitor;

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(Plain::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Plain, E> {
        Ok(Plain::Bool(b))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Plain, E> {
        Ok(Plain::Number(n))
    }

    #[expect(clippy::cast_precision_loss, reason = "LuaJIT numbers are doubles")]
    fn visit_i64<E>(self, n: i64) -> Result<Plain, E> {
        Ok(Plain::Number(n as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "LuaJIT numbers are doubles")]
    fn visit_u64<E>(self, n: u64) -> Result<Plain, E> {
        Ok(Plain::Number(n as f64))
    }

    fn visit_str<E>(self, s: &str) -> Result<Plain, E> {
        Ok(Plain::Bytes(s.as_bytes().into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Plain, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Plain::Array(items.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Plain, A::Error> {
        let mut pairs = Vec::new();
        while let Some((key, value)) = map.next_entry::<Plain, Plain>()? {
            pairs.push((key, value));
        }
        Ok(Plain::Map(pairs.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlua::Lua;

    fn eval(source: &str) -> Result<Plain, NotPlain> {
        Plain::from_lua(&Lua::new().load(source).eval().unwrap())
    }

    #[test]
    fn a_value_comes_out_of_another_state_as_it_went_in() {
        let source =
            r#"{ name = "a\0\255", list = { 1, 2.5, { true } }, [7] = "odd", empty = {} }"#;
        let plain = eval(source).unwrap();
        let there = Lua::new();
        there
            .globals()
            .set("v", plain.to_lua(&there).unwrap())
            .unwrap();
        let same: bool = there
            .load(r#"return v.name == "a\0\255" and v.list[2] == 2.5 and v.list[3][1] and v[7] == "odd" and next(v.empty) == nil"#)
            .eval()
            .unwrap();
        assert!(same);
    }

    #[test]
    fn what_cannot_be_copied_is_named_with_its_place() {
        let error = eval("{ user = { { callback = print } } }").unwrap_err();
        assert_eq!(error.to_string(), "a function at user[1].callback");
        let error = eval("(function() local t = {} t.t = t return t end)()").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("a table that contains itself"),
            "{error}"
        );
    }

    #[test]
    fn json_keeps_whole_numbers_whole_and_refuses_nan() {
        assert_eq!(
            eval("{ vus = 5, rate = 0.5 }").unwrap().to_json().unwrap()["vus"],
            5
        );
        let error = eval("{ a = { b = 0/0 } }").unwrap().to_json().unwrap_err();
        assert_eq!(error.to_string(), "the number NaN at a.b");
    }
}
