//! `/echo`: the request as JSON.

use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::call::{Call, json as json_response};
use super::events::event_stream;

/// The request as a JSON body.
pub(super) async fn echo(call: Call) -> Response {
    json_response(format_args!("{}\n", describe(&call))).into_response()
}

/// The request as the only event of a stream.
pub(super) async fn echo_event(call: Call) -> Response {
    event_stream(format!("event: echo\ndata: {}\n\n", describe(&call)).into())
}

fn describe(call: &Call) -> Value {
    let query = call.uri.query().unwrap_or_default();
    let headers = call.headers.iter().map(|(name, value)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    let mut request = json!({
        "method": call.method.as_str(),
        "path": call.uri.path(),
        "query": multi_map(url::form_urlencoded::parse(query.as_bytes()).into_owned()),
        "headers": multi_map(headers),
        "version": format!("{:?}", call.version),
        "connection": call.connection,
        "request": call.request,
    });
    match str::from_utf8(&call.body) {
        Ok(text) => request["body"] = text.into(),
        Err(_) => request["body_base64"] = STANDARD.encode(&call.body).into(),
    }
    request
}

/// An object of strings; of arrays of strings where a name is repeated.
fn multi_map(pairs: impl Iterator<Item = (String, String)>) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in pairs {
        match map.get_mut(&name) {
            None => drop(map.insert(name, value.into())),
            Some(Value::Array(values)) => values.push(value.into()),
            Some(one) => *one = json!([one.take(), value]),
        }
    }
    map
}
