//! `/echo`: returns the request as JSON.

use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::events::event_stream;
use super::request::{TargetRequest, json as json_response};

/// Returns the request as a JSON body.
pub(super) async fn echo(request: TargetRequest) -> Response {
    json_response(format_args!("{}\n", describe(&request))).into_response()
}

/// Returns the request as the only event of a stream.
pub(super) async fn echo_event(request: TargetRequest) -> Response {
    event_stream(format!("event: echo\ndata: {}\n\n", describe(&request)).into())
}

fn describe(request: &TargetRequest) -> Value {
    let query = request.uri.query().unwrap_or_default();
    let headers = request.headers.iter().map(|(name, value)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    let mut echo = json!({
        "method": request.method.as_str(),
        "path": request.uri.path(),
        "query": multi_map(url::form_urlencoded::parse(query.as_bytes()).into_owned()),
        "headers": multi_map(headers),
        "version": format!("{:?}", request.version),
        "connection": request.connection,
        "request": request.number,
    });
    match str::from_utf8(&request.body) {
        Ok(text) => echo["body"] = text.into(),
        Err(_) => echo["body_base64"] = STANDARD.encode(&request.body).into(),
    }
    echo
}

/// An object of strings; the values of a repeated name form an array.
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
