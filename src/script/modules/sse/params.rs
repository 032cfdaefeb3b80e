//! The arguments `url` and `params` of `sse.open` and `sse.connect`, checked before anything is sent.

use ::http::Method;
use ::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use bytes::Bytes;
use mlua::{Lua, Table, UserData, Value};

use super::super::super::args;
use super::super::json;
use crate::http::{self, Cookies, Reconnect, Request, StreamOptions};
use crate::metrics::Tags;

const FIELDS: &[&str] = &[
    "method",
    "headers",
    "body",
    "tags",
    "jar",
    "timeout",
    "connect_timeout",
    "first_event_timeout",
    "idle_timeout",
    "max_events",
    "max_duration",
    "max_event_bytes",
    "redirects",
    "reconnect",
];

/// A request that is ready to be sent.
#[derive(Clone)]
pub(super) struct Prepared {
    /// The function that was called, for messages.
    pub(super) function: &'static str,
    pub(super) request: Request,
    pub(super) options: StreamOptions,
    /// The script's tags of this request.
    pub(super) tags: Tags,
}

impl UserData for Prepared {}

/// Checks the arguments.
///
/// # Errors
/// The first misuse, with function and field.
pub(super) fn prepare(
    lua: &Lua,
    function: &'static str,
    url: &Value,
    params: &Value,
) -> mlua::Result<Prepared> {
    let Value::String(text) = url else {
        return Err(args::wrong_type(
            function,
            "argument 1 (url)",
            "a URL as a string",
            url,
        ));
    };
    let url = http::parse_url(&text.to_string_lossy()).map_err(|error| {
        args::misuse(
            function,
            format_args!("argument 1 (url): {}", error.message),
        )
    })?;
    let mut prepared = Prepared {
        function,
        request: Request::new(Method::GET, url),
        options: StreamOptions::default(),
        tags: Tags::new(),
    };
    match params {
        Value::Nil => {}
        Value::Table(params) => read_params(lua, params, &mut prepared)?,
        other => {
            return Err(args::wrong_type(
                function,
                "argument 2 (params)",
                "a table",
                other,
            ));
        }
    }
    Ok(prepared)
}

fn read_params(lua: &Lua, params: &Table, prepared: &mut Prepared) -> mlua::Result<()> {
    let function = prepared.function;
    args::known_fields(function, params, FIELDS)?;
    let Prepared {
        request,
        options,
        tags,
        ..
    } = prepared;
    let field = |name: &str| params.get::<Value>(name);
    let time = |name: &str| -> mlua::Result<Option<std::time::Duration>> {
        match field(name)? {
            Value::Nil => Ok(None),
            value => args::duration(function, name, &value).map(Some),
        }
    };

    match field("method")? {
        Value::Nil => {}
        value => request.method = method(function, &value)?,
    }
    request.headers = headers(function, &field("headers")?)?;
    match field("body")? {
        Value::Nil => {}
        Value::String(body) => request.body = Bytes::copy_from_slice(&body.as_bytes()),
        value @ Value::Table(_) => {
            let mut body = Vec::new();
            json::encode(lua, &value, json::Settings::default(), &mut body)
                .map_err(|error| args::misuse(function, format_args!("body: {error}")))?;
            request.body = body.into();
            request
                .headers
                .entry(CONTENT_TYPE)
                .or_insert(HeaderValue::from_static("application/json"));
        }
        other => {
            return Err(args::wrong_type(
                function,
                "body",
                "a string, or a table to send as JSON",
                &other,
            ));
        }
    }
    *tags = args::tags(function, "tags", &field("tags")?)?;
    match field("jar")? {
        Value::Nil => {}
        value => {
            request.cookies = if args::boolean(function, "jar", &value)? {
                Cookies::Client
            } else {
                Cookies::Off
            };
        }
    }
    request.connect_timeout = time("connect_timeout")?;
    match field("redirects")? {
        Value::Nil => {}
        value => {
            let most = args::whole(function, "redirects", &value, 0)?;
            request.redirects = Some(u32::try_from(most).unwrap_or(u32::MAX));
        }
    }
    options.timeout = time("timeout")?;
    options.first_event_timeout = time("first_event_timeout")?;
    options.idle_timeout = time("idle_timeout")?;
    options.max_duration = time("max_duration")?;
    match field("max_events")? {
        Value::Nil => {}
        value => options.max_events = Some(args::count(function, "max_events", &value)?),
    }
    match field("max_event_bytes")? {
        Value::Nil => {}
        value => {
            let most = args::count(function, "max_event_bytes", &value)?;
            options.max_event_bytes = usize::try_from(most).unwrap_or(usize::MAX);
        }
    }
    options.reconnect = reconnect(function, &field("reconnect")?)?;
    Ok(())
}

fn method(function: &str, value: &Value) -> mlua::Result<Method> {
    let name = args::text(function, "method", value)?.to_ascii_uppercase();
    http::parse_method(&name)
        .map_err(|error| args::misuse(function, format_args!("method: {}", error.message)))
}

/// Headers from a table: names to strings or numbers, or to an array of them for several of one name.
fn headers(function: &str, value: &Value) -> mlua::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let table = match value {
        Value::Nil => return Ok(headers),
        Value::Table(table) => table,
        other => return Err(args::wrong_type(function, "headers", "a table", other)),
    };
    let mut add = |name: &str, value: &Value| -> mlua::Result<()> {
        let bytes = match value {
            Value::String(text) => text.as_bytes().to_vec(),
            other => args::text(function, &format!("headers[{name:?}]"), other)?.into_bytes(),
        };
        let (name, value) = http::parse_header(name, &bytes)
            .map_err(|error| args::misuse(function, format_args!("headers: {}", error.message)))?;
        headers.append(name, value);
        Ok(())
    };
    for pair in table.pairs::<Value, Value>() {
        let (name, value) = pair?;
        let name = args::text(function, "a header's name", &name)?;
        match value {
            Value::Table(values) => {
                for value in values.sequence_values::<Value>() {
                    add(&name, &value?)?;
                }
            }
            value => add(&name, &value)?,
        }
    }
    Ok(headers)
}

fn reconnect(function: &str, value: &Value) -> mlua::Result<Option<Reconnect>> {
    match value {
        Value::Nil | Value::Boolean(false) => Ok(None),
        Value::Boolean(true) => Ok(Some(Reconnect { max: None })),
        Value::Table(table) => {
            args::known_fields(function, table, &["max"])?;
            let max = match table.get::<Value>("max")? {
                Value::Nil => None,
                value => {
                    let max = args::count(function, "reconnect.max", &value)?;
                    Some(u32::try_from(max).unwrap_or(u32::MAX))
                }
            };
            Ok(Some(Reconnect { max }))
        }
        other => Err(args::wrong_type(
            function,
            "reconnect",
            "true or { max = N }",
            other,
        )),
    }
}
