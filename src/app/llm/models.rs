//! Asks a server for its models.

use std::time::Duration;

use serde_json::Value;

use super::super::{Stopper, target};
use super::access::Access;
use super::endpoint::ApiEndpoint;
use super::lookup::block_on;
use crate::control::{ClientSettings, ControlClient, ControlError, ControlReply, Method, Secret};
use crate::error::Error;
use crate::llm::{Api, error_message};
use crate::units::shown_url;

/// The only model of the server; empty if the server needs no name. `timeout` limits the lookup.
///
/// # Errors
/// A server that cannot be reached, has no list, or has several models, which the error lists; and a stop.
pub(crate) fn only_model(
    endpoint: &ApiEndpoint,
    access: &Access,
    timeout: Duration,
    stopper: &Stopper,
) -> Result<String, Error> {
    let Some(url) = endpoint.models() else {
        return Ok(String::new());
    };
    let server = endpoint.is_target.then(target::on_first_use);
    let url = match &server {
        Some(base) => base().map_err(Error::Server)? + &url,
        None => url,
    };
    let answer = get(&url, endpoint.api, access, timeout, stopper)?;
    let mut models = models(&url, &answer, access)?;
    match models.len() {
        0 => Err(Error::Server(format!(
            "{} lists no model: load one into the server first",
            shown_url(&url)
        ))),
        1 => Ok(models.remove(0)),
        n => Err(Error::Usage(format!(
            "the server has {n} models: choose one with --model\n  {}",
            models.join("\n  ")
        ))),
    }
}

/// Whether the server requires a key. Other failures are reported by the requests that follow.
///
/// # Errors
/// A stop.
pub(crate) fn asks_for_key(
    endpoint: &ApiEndpoint,
    access: &Access,
    timeout: Duration,
    stopper: &Stopper,
) -> Result<bool, Error> {
    let Some(url) = endpoint.models().filter(|_| !endpoint.is_target) else {
        return Ok(false);
    };
    match get(&url, endpoint.api, access, timeout, stopper) {
        Ok(answer) => Ok(answer.status.as_u16() == 401),
        Err(Error::Stopped) => Err(Error::Stopped),
        Err(_) => Ok(false),
    }
}

fn get(
    url: &str,
    api: Api,
    access: &Access,
    timeout: Duration,
    stopper: &Stopper,
) -> Result<ControlReply, Error> {
    let keys = api.access_headers(access.key.as_deref());
    let keys = keys
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
    for (name, value) in keys.chain(access.headers.iter().cloned()) {
        // Headers of the user replace those of ssel.
        headers.retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
        headers.push((name, value));
    }
    let headers = headers.into_iter();
    let settings = ClientSettings {
        headers: headers
            .map(|(name, value)| (name, Secret::new(value)))
            .collect(),
        insecure: access.insecure,
        connect_timeout: timeout,
        timeout: Some(timeout),
        ..ClientSettings::default()
    };
    let cannot = |error: ControlError| {
        Error::Server(format!(
            "cannot get the models of {}: {error}",
            shown_url(url)
        ))
    };
    let client = ControlClient::new(&settings).map_err(cannot)?;
    let request = client.request(Method::GET, url);
    let answer = block_on("the lookup of models", stopper, client.send(request))?;
    answer.map_err(cannot)
}

fn models(url: &str, answer: &ControlReply, access: &Access) -> Result<Vec<String>, Error> {
    let fail = |what: String| Err(Error::Server(format!("{} {what}", shown_url(url))));
    let said = error_message(&answer.body).map_or_else(String::new, |text| {
        format!(": {}", access.without_secrets(&text))
    });
    match answer.status.as_u16() {
        200 => {}
        status @ (401 | 403) => {
            let remedy = match &access.bearer_env {
                None => "name the variable that holds the key with --bearer-env".to_owned(),
                Some(name) => format!("check the key in {name}"),
            };
            return fail(format!("answers {status}{said}; {remedy}"));
        }
        404 => {
            return fail(
                "is not there (404): is that an inference server? If so, name the model with --model"
                    .to_owned(),
            );
        }
        status => return fail(format!("answers {status}{said}")),
    }
    let list = serde_json::from_slice::<Value>(&answer.body).ok();
    match list.as_ref().and_then(names) {
        Some(names) => Ok(names),
        None => fail(format!(
            "answers with {}, not with a list of models: is that an inference server? If so, name the model with --model",
            media_type(answer).unwrap_or("something else")
        )),
    }
}

/// The media type of the answer, without parameters.
fn media_type(answer: &ControlReply) -> Option<&str> {
    let value = answer.headers.get("content-type")?.to_str().ok()?;
    value.split(';').next().filter(|kind| !kind.is_empty())
}

/// The names in a list in the format of `OpenAI`, Ollama or Google.
fn names(list: &Value) -> Option<Vec<String>> {
    let (models, fields) = match (list["data"].as_array(), list["models"].as_array()) {
        (Some(models), _) => (models, ["id", "name"]),
        (None, Some(models)) => (models, ["name", "model"]),
        (None, None) => return None,
    };
    let name = |model: &Value| {
        let name = fields.iter().find_map(|field| model[*field].as_str())?;
        Some(name.strip_prefix("models/").unwrap_or(name).to_owned())
    };
    models.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;

    #[test]
    fn model_lists_have_three_formats() {
        let names = |json: &str| names(&serde_json::from_str(json).unwrap());
        assert_eq!(
            names(r#"{"object":"list","data":[{"id":"a"},{"id":"b"}]}"#),
            Some(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(
            names(r#"{"models":[{"name":"llama3:8b","model":"llama3:8b"}]}"#),
            Some(vec!["llama3:8b".to_owned()])
        );
        assert_eq!(
            names(r#"{"models":[{"name":"models/gemini"}]}"#),
            Some(vec!["gemini".to_owned()])
        );
        assert_eq!(names(r#"{"data":[]}"#), Some(vec![]));
        for other in ["{}", "[]", r#"{"data":{}}"#, r#"{"data":[{}]}"#] {
            assert_eq!(names(other), None, "{other}");
        }
    }

    #[test]
    fn an_answer_without_models_is_reported_with_a_remedy() {
        let told = |status, content_type: &str, body: &str, access: &Access| {
            let mut headers = HeaderMap::new();
            if !content_type.is_empty() {
                headers.insert("content-type", content_type.parse().unwrap());
            }
            let answer = ControlReply {
                status: StatusCode::from_u16(status).unwrap(),
                headers,
                body: body.as_bytes().to_vec().into(),
            };
            models("U", &answer, access).unwrap_err().to_string()
        };
        let (open, keyed) = (
            Access::default(),
            Access {
                bearer_env: Some("KEY".to_owned()),
                ..Access::default()
            },
        );
        let unauthorized = r#"{"error":"Unauthorized"}"#;
        assert_eq!(
            told(401, "application/json", unauthorized, &open),
            "U answers 401: Unauthorized; name the variable that holds the key with --bearer-env"
        );
        assert_eq!(
            told(401, "application/json", unauthorized, &keyed),
            "U answers 401: Unauthorized; check the key in KEY"
        );
        let html = told(200, "text/html; charset=utf-8", "<html>", &open);
        assert!(
            html.starts_with("U answers with text/html, not with a list"),
            "{html}"
        );
        assert!(told(404, "", "", &open).contains("--model"));
        assert_eq!(told(503, "", "", &open), "U answers 503");
    }
}
