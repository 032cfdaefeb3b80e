//! Plain values, which can be copied from one Lua state to another.

use std::fmt;

use mlua::{Lua, Table, Value};

use super::args;
use super::modules::json;
use super::shared_data::SharedArray;

/// Deeper tables are refused; this also catches tables that contain themselves.
const MAX_DEPTH: usize = 100;

/// A Lua value without identity: no functions, coroutines or metatables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plain {
    /// `nil`; only a whole value can be nil, not a member of a table.
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

/// A part of a value that cannot be copied, and its path, e.g. `.user.callback`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotPlain {
    path: String,
    what: String,
}

impl NotPlain {
    fn new(what: impl fmt::Display) -> Self {
        Self {
            path: String::new(),
            what: what.to_string(),
        }
    }

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
    /// The path of the first function, userdata or coroutine, or of a table that is nested too deep.
    pub(crate) fn from_lua(value: &Value) -> Result<Self, NotPlain> {
        copy_out(value, 0)
    }

    /// Builds a copy of the value in `lua`.
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
    /// JSON has no NaN, no infinities and only strings as keys.
    pub(crate) fn to_json(&self) -> Result<serde_json::Value, NotPlain> {
        use serde_json::Value as Json;
        Ok(match self {
            Self::Nil | Self::Null => Json::Null,
            Self::Bool(b) => Json::Bool(*b),
            Self::Number(n) => {
                json_number(*n).ok_or_else(|| NotPlain::new(format_args!("the number {n}")))?
            }
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
                    let name = match key {
                        Self::Bytes(name) => name,
                        Self::Number(n) => {
                            return Err(NotPlain::new(format_args!(
                                "the key [{n}] beside names (tables here are either lists or have only names)"
                            )));
                        }
                        _ => return Err(NotPlain::new("a key that is not text")),
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

/// Whole numbers become JSON integers, so that `vus = 5` becomes 5 instead of 5.0.
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
    match value {
        Value::Nil => Ok(Plain::Nil),
        Value::Boolean(b) => Ok(Plain::Bool(*b)),
        #[expect(clippy::cast_precision_loss, reason = "LuaJIT numbers are doubles")]
        Value::Integer(i) => Ok(Plain::Number(*i as f64)),
        Value::Number(n) => Ok(Plain::Number(*n)),
        Value::String(s) => Ok(Plain::Bytes((&*s.as_bytes()).into())),
        Value::LightUserData(p) if p.0.is_null() => Ok(Plain::Null),
        Value::Table(_) if depth == MAX_DEPTH => Err(NotPlain::new(
            "a table that contains itself or is nested deeper than 100",
        )),
        Value::Table(table) => copy_table(table, depth),
        // A shared array is copied as a table of its elements.
        Value::UserData(shared) if shared.is::<SharedArray>() => {
            let shared = shared.borrow::<SharedArray>().map_err(NotPlain::new)?;
            Ok(Plain::Array(shared.items.to_vec().into()))
        }
        other => Err(NotPlain::new(format_args!("a {}", other.type_name()))),
    }
}

fn copy_table(table: &Table, depth: usize) -> Result<Plain, NotPlain> {
    let mut pairs = Vec::new();
    let mut is_array = true;
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair.map_err(NotPlain::new)?;
        is_array = is_array && args::as_index(&key) == Some(pairs.len() + 1);
        let value = copy_out(&value, depth + 1).map_err(|e| e.at(&path_step(&key)))?;
        pairs.push((copy_out(&key, depth + 1)?, value));
    }
    Ok(if is_array {
        Plain::Array(pairs.into_iter().map(|(_, value)| value).collect())
    } else {
        Plain::Map(pairs.into())
    })
}

fn path_step(key: &Value) -> String {
    match key {
        Value::String(s) => format!(".{}", s.to_string_lossy()),
        Value::Integer(i) => format!("[{i}]"),
        Value::Number(n) => format!("[{n}]"),
        other => format!("[{}]", other.type_name()),
    }
}

impl From<serde_json::Value> for Plain {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        let bytes = |text: String| text.into_bytes().into_boxed_slice();
        match value {
            Json::Null => Self::Null,
            Json::Bool(b) => Self::Bool(b),
            Json::Number(n) => Self::Number(n.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Self::Bytes(bytes(text)),
            Json::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Json::Object(map) => Self::Map(
                map.into_iter()
                    .map(|(key, value)| (Self::Bytes(bytes(key)), value.into()))
                    .collect(),
            ),
        }
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
    fn a_value_is_the_same_in_another_state() {
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
    fn a_value_that_cannot_be_copied_is_named_with_its_path() {
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
