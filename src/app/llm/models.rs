//! Which models a server has.

use std::time::Duration;

use serde_json::Value;
use tokio::runtime;
use tokio::task::LocalSet;

use super::super::{Stopper, connections, target};
use super::bench::Access;
use super::endpoint::Endpoint;
use crate::error::Error;
use crate::http::{self, Client, Request, Shared};
use crate::llm::{Dialect, error_message};
use crate::options::{Layer, Origin, resolve};
use crate::units::shown_url;

/// The longest list of models.
const MAX_LIST: usize = 4 << 20;

/// The only model of the server, or none where a server needs no name. It has `timeout` to say so.
///
/// # Errors
/// A server that cannot be reached, is none, has no list, or has several models, which are then listed; and a stop.
pub fn only_model(
    endpoint: &Endpoint,
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
    let answer = get(&url, endpoint.dialect, access, timeout, stopper)?;
    let mut models = models(&url, &answer, access)?;
    match models.len() {
        0 => Err(Error::Server(format!(
            "{} lists no model: load one into the server first",
            shown_url(&url)
        ))),
        1 => Ok(models.remove(0)),
        n => Err(Error::Usage(format!(
            "the server has {n} models: name one of them with --model\n  {}",
            models.join("\n  ")
        ))),
    }
}

/// Whether the server does not let us in without a key. One that cannot be asked tells later why.
///
/// # Errors
/// A stop.
pub fn asks_for_key(
    endpoint: &Endpoint,
    access: &Access,
    timeout: Duration,
    stopper: &Stopper,
) -> Result<bool, Error> {
    let Some(url) = endpoint.models().filter(|_| !endpoint.is_target) else {
        return Ok(false);
    };
    match get(&url, endpoint.dialect, access, timeout, stopper) {
        Ok(answer) => Ok(answer.status == 401),
        Err(Error::Stopped) => Err(Error::Stopped),
        Err(_) => Ok(false),
    }
}

/// A server's answer.
struct Answer {
    status: u16,
    content_type: String,
    body: Vec<u8>,
}

fn get(
    url: &str,
    dialect: Dialect,
    access: &Access,
    timeout: Duration,
    stopper: &Stopper,
) -> Result<Answer, Error> {
    let mut layer = Layer::new();
    if access.insecure {
        let flag = Origin::Flag("--insecure-skip-tls-verify".to_owned());
        layer.set("insecure_skip_tls_verify", true, flag);
    }
    let options = resolve(&[layer])?;
    let settings = connections::setup(&options.http)?.settings;
    let bad = |error: http::Error| Error::Usage(error.to_string());
    let mut request = Request::get(url).map_err(bad)?;
    request.timeout = Some(timeout);
    for (name, value) in dialect.access_headers(access.key.as_deref()) {
        request.header(name, value).map_err(bad)?;
    }
    request.header("accept", "application/json").map_err(bad)?;
    for (name, value) in &access.headers {
        request.header(name, value).map_err(bad)?;
    }
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::Io {
            what: "cannot start looking for models".to_owned(),
            source,
        })?;
    let client = Client::new(Shared::new(settings).map_err(bad)?);
    let answer = LocalSet::new().block_on(&runtime, async {
        tokio::select! {
            answer = read(&client, request) => Some(answer),
            () = stopper.stopped() => None,
        }
    });
    // A name that is still looked up is not waited for.
    runtime.shutdown_background();
    let answer = answer.ok_or(Error::Stopped)?;
    answer.map_err(|error| {
        Error::Server(format!(
            "cannot ask {} for its models: {error}",
            shown_url(url)
        ))
    })
}

async fn read(client: &Client, request: Request) -> Result<Answer, http::Error> {
    let mut response = client
        .send(request)
        .await
        .map_err(|failure| failure.error)?;
    let (body, _) = response.body.read(MAX_LIST).await?;
    let content_type = response.head.headers.get("content-type");
    let content_type = content_type.and_then(|value| value.to_str().ok());
    Ok(Answer {
        status: response.head.status.as_u16(),
        content_type: content_type.unwrap_or_default().to_owned(),
        body: body.to_vec(),
    })
}

fn models(url: &str, answer: &Answer, access: &Access) -> Result<Vec<String>, Error> {
    let fail = |what: String| Err(Error::Server(format!("{} {what}", shown_url(url))));
    let said = error_message(&answer.body).map_or_else(String::new, |text| {
        format!(": {}", access.without_secrets(&text))
    });
    match answer.status {
        200 => {}
        status @ (401 | 403) => {
            let remedy = match &access.bearer_env {
                None => "name the variable that holds the key with --bearer-env".to_owned(),
                Some(name) => format!("look at the key in {name}"),
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
            match answer.content_type.split(';').next() {
                None | Some("") => "something else",
                Some(media_type) => media_type,
            }
        )),
    }
}

/// The names in a list as `OpenAI`, Ollama and Google write theirs.
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
    use super::*;

    #[test]
    fn lists_have_three_shapes() {
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
    fn what_is_no_list_is_told_with_a_remedy() {
        let told = |status, content_type: &str, body: &str, access: &Access| {
            let answer = Answer {
                status,
                content_type: content_type.to_owned(),
                body: body.as_bytes().to_vec(),
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
            "U answers 401: Unauthorized; look at the key in KEY"
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
