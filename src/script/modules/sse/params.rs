//! Checks the arguments of `sse.open` and `sse.connect`.

use ::http::Method;
use mlua::{Lua, Value};

use crate::http::{Reconnect, Request, StreamOptions};
use crate::metrics::Tags;
use crate::script::args;
use crate::script::request::{self, Params};

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
    pub(super) request: Request,
    pub(super) options: StreamOptions,
    /// The script's tags of this request.
    pub(super) tags: Tags,
}

/// Checks the arguments.
///
/// # Errors
/// The first misuse, with function and field.
pub(super) fn prepare(
    lua: &Lua,
    function: &str,
    url: &Value,
    params: &Value,
) -> mlua::Result<Prepared> {
    let url = request::url(function, "argument 1 (url)", url)?;
    let params = Params::of(function, "argument 2 (params)", params, FIELDS)?;
    let mut request = Request::new(Method::GET, url);
    match params.get("method")? {
        Value::Nil => {}
        value => request.method = request::method(function, "method", &value)?,
    }
    params.apply(&mut request)?;
    request::body(lua, function, "body", &params.get("body")?, &mut request)?;
    Ok(Prepared {
        request,
        options: options(function, &params)?,
        tags: params.tags()?,
    })
}

fn options(function: &str, params: &Params<'_>) -> mlua::Result<StreamOptions> {
    let mut options = StreamOptions {
        timeout: params.duration("timeout")?,
        first_event_timeout: params.duration("first_event_timeout")?,
        idle_timeout: params.duration("idle_timeout")?,
        max_duration: params.duration("max_duration")?,
        max_events: params.count("max_events")?,
        reconnect: reconnect(function, &params.get("reconnect")?)?,
        ..StreamOptions::default()
    };
    if let Some(most) = params.count("max_event_bytes")? {
        options.max_event_bytes = usize::try_from(most).unwrap_or(usize::MAX);
    }
    Ok(options)
}

fn reconnect(function: &str, value: &Value) -> mlua::Result<Option<Reconnect>> {
    match value {
        Value::Nil | Value::Boolean(false) => Ok(None),
        Value::Boolean(true) => Ok(Some(Reconnect { max: None })),
        Value::Table(table) => {
            args::known_fields(&format!("{function}: reconnect"), table, &["max"])?;
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
