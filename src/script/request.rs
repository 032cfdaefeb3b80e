//! URL and parameters of requests, common to all modules, checked before the request is sent.

use std::fmt;
use std::time::Duration;

use ::http::Method;
use ::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use bytes::Bytes;
use mlua::{AnyUserData, Lua, Table, Value};
use url::Url;

use super::args;
use super::jar::Jar;
use super::modules::json;
use crate::http::{self, Cookies, Request};
use crate::metrics::Tags;

/// The parameters of every request.
const COMMON: &[&str] = &["headers", "tags", "jar", "timeout", "connect_timeout"];

/// The table of parameters of one call.
pub(crate) struct CallParams<'a> {
    function: &'a str,
    /// `None` for nil.
    table: Option<&'a Table>,
}

impl<'a> CallParams<'a> {
    /// Reads the argument at `place` for a request; its fields must be among `own` and those of every request.
    pub(crate) fn of_request(
        function: &'a str,
        place: &str,
        value: &'a Value,
        own: &[&str],
    ) -> mlua::Result<Self> {
        Self::of(function, place, value, &[own, COMMON].concat())
    }

    /// Reads the argument at `place`; its fields must be among `known`.
    pub(crate) fn of(
        function: &'a str,
        place: &str,
        value: &'a Value,
        known: &[&str],
    ) -> mlua::Result<Self> {
        let table = match value {
            Value::Nil => None,
            Value::Table(table) => {
                args::known_fields(function, table, known)?;
                Some(table)
            }
            other => return Err(args::wrong_type(function, place, "a table", other)),
        };
        Ok(Self { function, table })
    }

    /// The value of a field; nil without one.
    pub(crate) fn get(&self, field: &str) -> mlua::Result<Value> {
        self.table.map_or(Ok(Value::Nil), |table| table.get(field))
    }

    /// A text.
    pub(crate) fn text(&self, field: &str) -> mlua::Result<Option<String>> {
        self.read(field, args::text)
    }

    /// A time.
    pub(crate) fn duration(&self, field: &str) -> mlua::Result<Option<Duration>> {
        self.read(field, args::duration)
    }

    /// A timeout.
    pub(crate) fn timeout(&self, field: &str) -> mlua::Result<Option<Duration>> {
        self.read(field, args::timeout)
    }

    /// A count of at least 1.
    pub(crate) fn count(&self, field: &str) -> mlua::Result<Option<u64>> {
        self.read(field, args::count)
    }

    /// A size of at least 1.
    pub(crate) fn size(&self, field: &str) -> mlua::Result<Option<usize>> {
        let count = self.count(field)?;
        Ok(count.map(|count| usize::try_from(count).unwrap_or(usize::MAX)))
    }

    /// A whole number from 0.
    pub(crate) fn whole(&self, field: &str) -> mlua::Result<Option<u64>> {
        self.read(field, |function, place, value| {
            args::whole(function, place, value, 0)
        })
    }

    /// A number.
    pub(crate) fn number(&self, field: &str) -> mlua::Result<Option<f64>> {
        self.read(field, args::number)
    }

    /// True or false.
    pub(crate) fn flag(&self, field: &str) -> mlua::Result<Option<bool>> {
        self.read(field, args::flag)
    }

    /// The error for wrong parameters.
    pub(crate) fn misuse(&self, what: impl fmt::Display) -> mlua::Error {
        args::misuse(self.function, what)
    }

    /// The error for a field of the wrong type.
    pub(crate) fn wrong_type(&self, field: &str, expected: &str, got: &Value) -> mlua::Error {
        args::wrong_type(self.function, field, expected, got)
    }

    /// The tags of the request's samples.
    pub(crate) fn tags(&self) -> mlua::Result<Tags> {
        args::tags(self.function, "tags", &self.get("tags")?)
    }

    /// Sets the parameters that every request has: headers, cookies, redirects and the limit to connect.
    pub(crate) fn apply(&self, request: &mut Request) -> mlua::Result<()> {
        request.headers = headers(self.function, &self.get("headers")?)?;
        request.cookies = cookies(self.function, &self.get("jar")?)?;
        let redirects = self.whole("redirects")?;
        request.redirects = redirects.map(|most| u32::try_from(most).unwrap_or(u32::MAX));
        request.connect_timeout = self.timeout("connect_timeout")?;
        Ok(())
    }

    fn read<T>(
        &self,
        field: &str,
        read: impl FnOnce(&str, &str, &Value) -> mlua::Result<T>,
    ) -> mlua::Result<Option<T>> {
        match self.get(field)? {
            Value::Nil => Ok(None),
            value => read(self.function, field, &value).map(Some),
        }
    }
}

/// A URL that can be requested.
pub(crate) fn url(function: &str, place: &str, value: &Value) -> mlua::Result<Url> {
    let Value::String(text) = value else {
        let expected = "a URL as a string";
        return Err(args::wrong_type(function, place, expected, value));
    };
    http::parse_url(&text.to_string_lossy())
        .map_err(|error| args::misuse(function, format_args!("{place}: {}", error.message)))
}

/// A method, case-insensitive.
pub(crate) fn method(function: &str, place: &str, value: &Value) -> mlua::Result<Method> {
    let name = args::text(function, place, value)?.to_ascii_uppercase();
    http::parse_method(&name)
        .map_err(|error| args::misuse(function, format_args!("{place}: {}", error.message)))
}

/// Sets the body of `request`: a string unchanged, a table as JSON.
pub(crate) fn body(
    lua: &Lua,
    function: &str,
    place: &str,
    value: &Value,
    request: &mut Request,
) -> mlua::Result<()> {
    match value {
        Value::Nil => Ok(()),
        Value::String(text) => {
            request.body = Bytes::copy_from_slice(&text.as_bytes());
            Ok(())
        }
        Value::Table(_) => json_body(lua, function, place, value, request),
        other => {
            let expected = "a string, or a table to send as JSON";
            Err(args::wrong_type(function, place, expected, other))
        }
    }
}

/// Sets the body of `request` to any value as JSON, with its content type unless the headers have one.
pub(crate) fn json_body(
    lua: &Lua,
    function: &str,
    place: &str,
    value: &Value,
    request: &mut Request,
) -> mlua::Result<()> {
    let mut text = Vec::new();
    json::encode(lua, value, json::JsonOptions::default(), &mut text)
        .map_err(|error| args::misuse(function, format_args!("{place}: {error}")))?;
    request.body = text.into();
    content_type(request, "application/json");
    Ok(())
}

/// Sets the content type unless the headers have one.
pub(crate) fn content_type(request: &mut Request, default: &'static str) {
    let default = HeaderValue::from_static(default);
    request.headers.entry(CONTENT_TYPE).or_insert(default);
}

/// Headers from a table: names to strings or numbers, or to an array of them for several headers of one name.
fn headers(function: &str, value: &Value) -> mlua::Result<HeaderMap> {
    let refuse = |error: http::Error| args::misuse(function, format_args!("headers: {error}"));
    let mut headers = HeaderMap::new();
    let table = match value {
        Value::Nil => return Ok(headers),
        Value::Table(table) => table,
        other => return Err(args::wrong_type(function, "headers", "a table", other)),
    };
    each_value(table, |name, value| {
        let name = args::text(function, "a header's name", name)?;
        let parsed = match value {
            Value::String(text) => http::parse_header(&name, &text.as_bytes()),
            other => {
                let text = args::text(function, &format!("headers[{name:?}]"), other)?;
                http::parse_header(&name, text.as_bytes())
            }
        };
        let (name, value) = parsed.map_err(refuse)?;
        http::add_header(&mut headers, name, value).map_err(refuse)
    })?;
    Ok(headers)
}

/// Calls `f` with each name and value of a table whose values may be arrays of several values of one name.
pub(crate) fn each_value(
    table: &Table,
    mut f: impl FnMut(&Value, &Value) -> mlua::Result<()>,
) -> mlua::Result<()> {
    for pair in table.pairs::<Value, Value>() {
        let (name, value) = pair?;
        match value {
            Value::Table(values) => {
                for value in values.sequence_values::<Value>() {
                    f(&name, &value?)?;
                }
            }
            value => f(&name, &value)?,
        }
    }
    Ok(())
}

/// The jar of a request: that of the VU, none, or one that the script created.
fn cookies(function: &str, value: &Value) -> mlua::Result<Cookies> {
    match value {
        Value::Nil | Value::Boolean(true) => return Ok(Cookies::Client),
        Value::Boolean(false) => return Ok(Cookies::Off),
        _ => {}
    }
    let jar = value.as_userdata().map(AnyUserData::borrow::<Jar>);
    let Some(Ok(jar)) = jar else {
        let expected = "true, false, or a jar made by http.cookie_jar";
        return Err(args::wrong_type(function, "jar", expected, value));
    };
    Ok(Cookies::Jar(jar.shared()))
}
