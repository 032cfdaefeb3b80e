//! Checks arguments from Lua. The error for a wrong one names the function, the field and the expected type.

use std::time::Duration;

use mlua::{Table, Value};

use crate::metrics::Tags;
use crate::units;

/// The error for a misuse of `function`.
pub(crate) fn misuse(function: &str, what: impl std::fmt::Display) -> mlua::Error {
    mlua::Error::runtime(format!("{function}: {what}"))
}

/// The error for a value of the wrong type at `place`, e.g. `timeout` or `argument 1 (url)`.
pub(crate) fn wrong_type(function: &str, place: &str, expected: &str, got: &Value) -> mlua::Error {
    misuse(
        function,
        format_args!("{place}: expected {expected}, got {}", shown(got)),
    )
}

/// The error for a method that was called with a dot.
pub(crate) fn without_colon(object: &str, method: &str) -> mlua::Error {
    misuse(
        &format!("{object}.{method}"),
        format_args!("call it with a colon: {object}:{method}(…)"),
    )
}

/// A value as messages show it.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Nil => "nil".into(),
        null if *null == Value::NULL => "json.null".into(),
        Value::Boolean(b) => b.to_string(),
        Value::Integer(i) => i.to_string(),
        Value::Number(n) => short(*n),
        Value::String(s) => {
            let text: String = s.to_string_lossy().chars().take(40).collect();
            format!("{text:?}")
        }
        other => format!("a {}", other.type_name()),
    }
}

/// A number roughly as Lua prints it, without hundreds of digits.
fn short(n: f64) -> String {
    if n != 0.0 && n.is_finite() && !(1e-5..1e15).contains(&n.abs()) {
        format!("{n:e}")
    } else {
        n.to_string()
    }
}

/// A time: seconds as a number, or a text such as `"150ms"`.
pub(crate) fn duration(function: &str, place: &str, value: &Value) -> mlua::Result<Duration> {
    const EXPECTED: &str = "seconds as a number, or a duration such as \"150ms\" or \"1m30s\"";
    if let Value::String(text) = value {
        return units::parse_duration(&text.to_string_lossy())
            .map_err(|error| misuse(function, format_args!("{place}: {error}")));
    }
    let time = as_f64(value).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.ok_or_else(|| wrong_type(function, place, EXPECTED, value))
}

/// A timeout: a duration. Refuses a huge number of seconds, which was probably meant as milliseconds.
pub(crate) fn timeout(function: &str, place: &str, value: &Value) -> mlua::Result<Duration> {
    let time = duration(function, place, value)?;
    match units::milliseconds_meant(time).filter(|_| !value.is_string()) {
        Some(remedy) => Err(misuse(function, format_args!("{place}: {remedy}"))),
        None => Ok(time),
    }
}

/// A count of at least 1.
pub(crate) fn count(function: &str, place: &str, value: &Value) -> mlua::Result<u64> {
    whole(function, place, value, 1)
}

/// Up to 2^53, Lua represents each whole number exactly.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// A whole number of at least `least`.
pub(crate) fn whole(function: &str, place: &str, value: &Value, least: u32) -> mlua::Result<u64> {
    as_whole(value)
        .filter(|n| *n >= u64::from(least))
        .ok_or_else(|| {
            let expected = format!("a whole number from {least}");
            wrong_type(function, place, &expected, value)
        })
}

/// The value as a number.
pub(crate) fn as_f64(value: &Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "LuaJIT numbers are doubles")]
        Value::Integer(i) => Some(*i as f64),
        Value::Number(n) => Some(*n),
        _ => None,
    }
}

/// The value as a whole number from 0.
pub(crate) fn as_whole(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(i) => u64::try_from(*i).ok(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked by the guard"
        )]
        Value::Number(n) if n.fract() == 0.0 && (0.0..=MAX_WHOLE).contains(n) => Some(*n as u64),
        _ => None,
    }
}

/// The value as an index of a table, from 1.
pub(crate) fn as_index(value: &Value) -> Option<usize> {
    let index = usize::try_from(as_whole(value)?).ok()?;
    (index > 0).then_some(index)
}

/// Any finite number.
pub(crate) fn number(function: &str, place: &str, value: &Value) -> mlua::Result<f64> {
    as_f64(value)
        .filter(|number| number.is_finite())
        .ok_or_else(|| wrong_type(function, place, "a number", value))
}

/// True or false.
pub(crate) fn flag(function: &str, place: &str, value: &Value) -> mlua::Result<bool> {
    match value {
        Value::Boolean(flag) => Ok(*flag),
        other => Err(wrong_type(function, place, "true or false", other)),
    }
}

/// A text; numbers are taken as Lua prints them.
pub(crate) fn text(function: &str, place: &str, value: &Value) -> mlua::Result<String> {
    match value {
        Value::String(s) => Ok(s.to_string_lossy().clone()),
        Value::Integer(i) => Ok(i.to_string()),
        Value::Number(n) => Ok(n.to_string()),
        other => Err(wrong_type(function, place, "a string", other)),
    }
}

/// A table of tags: names to strings, numbers or booleans.
pub(crate) fn tags(function: &str, place: &str, value: &Value) -> mlua::Result<Tags> {
    let table = match value {
        Value::Nil => return Ok(Tags::new()),
        Value::Table(table) => table,
        other => return Err(wrong_type(function, place, "a table of tags", other)),
    };
    let mut tags = Tags::new();
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair?;
        let Value::String(key) = key else {
            return Err(misuse(
                function,
                format_args!(
                    "{place}: a tag's name must be a string, got {}",
                    shown(&key)
                ),
            ));
        };
        let key = key.to_string_lossy();
        let value = match value {
            Value::Boolean(b) => b.to_string(),
            other => text(function, &format!("{place}.{key}"), &other)?,
        };
        tags = tags.with(&*key, value);
    }
    Ok(tags)
}

/// Refuses fields that `function` does not have, and names the most similar one.
pub(crate) fn known_fields(function: &str, table: &Table, known: &[&str]) -> mlua::Result<()> {
    for pair in table.pairs::<Value, Value>() {
        let (key, _) = pair?;
        let Value::String(name) = &key else {
            return Err(misuse(
                function,
                format_args!("unknown field {}", shown(&key)),
            ));
        };
        let name = name.to_string_lossy();
        if known.contains(&&*name) {
            continue;
        }
        return Err(unknown_field(function, &name, known));
    }
    Ok(())
}

/// The error for a field that `function` does not have.
pub(crate) fn unknown_field(function: &str, name: &str, known: &[&str]) -> mlua::Error {
    misuse(
        function,
        match units::nearest(name, known.iter().copied()) {
            Some(nearest) => format!("unknown field '{name}'; did you mean '{nearest}'?"),
            None => format!(
                "unknown field '{name}'; the known fields are {}",
                known.join(", ")
            ),
        },
    )
}
