//! Checks the arguments of `sse.open` and `sse.connect`.

use ::http::Method;
use mlua::{Lua, Value};

use crate::http::{Reconnect, Request, StreamOptions};
use crate::metrics::Tags;
use crate::script::args;
use crate::script::request::{self, CallParams};

const FIELDS: &[&str] = &[
    "redirects",
    "method",
    "body",
    "first_event_timeout",
    "idle_timeout",
    "max_events",
    "max_duration",
    "max_event_bytes",
    "reconnect",
];

/// A request that is ready to be sent.
#[derive(Clone)]
pub(super) struct PreparedStream {
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
) -> mlua::Result<PreparedStream> {
    let url = request::url(function, "argument 1 (url)", url)?;
    let params = CallParams::of_request(function, "argument 2 (params)", params, FIELDS)?;
    let mut request = Request::new(Method::GET, url);
    match params.get("method")? {
        Value::Nil => {}
        value => request.method = request::method(function, "method", &value)?,
    }
    params.apply(&mut request)?;
    request::body(lua, function, "body", &params.get("body")?, &mut request)?;
    Ok(PreparedStream {
        request,
        options: options(function, &params)?,
        tags: params.tags()?,
    })
}

fn options(function: &str, params: &CallParams<'_>) -> mlua::Result<StreamOptions> {
    let mut options = StreamOptions {
        timeout: params.timeout("timeout")?,
        first_event_timeout: params.timeout("first_event_timeout")?,
        idle_timeout: params.timeout("idle_timeout")?,
        max_duration: params.duration("max_duration")?,
        max_events: params.count("max_events")?,
        reconnect: reconnect(function, params)?,
        ..StreamOptions::default()
    };
    if let Some(most) = params.size("max_event_bytes")? {
        options.max_event_bytes = most;
    }
    Ok(options)
}

fn reconnect(function: &str, params: &CallParams<'_>) -> mlua::Result<Option<Reconnect>> {
    let value = params.get("reconnect")?;
    let max = match &value {
        Value::Nil | Value::Boolean(false) => return Ok(None),
        Value::Boolean(true) => None,
        Value::Table(table) => {
            args::known_fields(&format!("{function}: reconnect"), table, &["max"])?;
            match table.get::<Value>("max")? {
                Value::Nil => None,
                max => Some(args::count(function, "reconnect.max", &max)?),
            }
        }
        other => return Err(params.wrong_type("reconnect", "true or { max = N }", other)),
    };
    let max = max.map(|max| u32::try_from(max).unwrap_or(u32::MAX));
    Ok(Some(Reconnect { max }))
}
