//! `POST /tokenize`, as in vLLM and llama.cpp.

use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::check_key;
use super::refusal::ApiRefusal;
use super::reply_options::ReplyOptions;
use super::request_body;
use crate::llm::Api;
use crate::serve::failure::ErrorResponse;
use crate::serve::request::{TargetRequest, json as json_response};

/// The default context size.
const DEFAULT_CTX: u64 = 131_072;

/// `POST /tokenize`.
pub(in crate::serve) async fn tokenize(request: TargetRequest) -> Result<Response, ErrorResponse> {
    let options = ReplyOptions::of(&request)?;
    Ok(match count(&options, &request) {
        Ok(body) => json_response(body).into_response(),
        Err(refusal) => refusal.respond(Api::ChatCompletions, options.server),
    })
}

fn count(options: &ReplyOptions, request: &TargetRequest) -> Result<Value, ApiRefusal> {
    check_key(options, request)?;
    let body = ApiRefusal::parse(&request.body)?;
    let texts = |body: &Value| -> Vec<String> {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        body.as_str().map(words).unwrap_or_default()
    };
    // The form of llama.cpp.
    if body["content"].is_string() {
        let tokens = request_body::tokens([&body["content"]]);
        if body["with_pieces"] != true {
            return Ok(json!({"tokens": tokens}));
        }
        let pieces = tokens.iter().zip(texts(&body["content"]));
        let pieces = pieces.map(|(id, piece)| json!({"id": id, "piece": piece}));
        return Ok(json!({"tokens": pieces.collect::<Vec<_>>()}));
    }
    // The form of vLLM.
    let value = match (&body["prompt"], &body["messages"]) {
        (prompt @ Value::String(_), _) => prompt,
        (_, messages @ Value::Array(_)) => messages,
        _ => return Err(ApiRefusal::invalid("prompt", "is required")),
    };
    let tokens = request_body::tokens([value]);
    let texts = (body["return_token_strs"] == true).then(|| texts(value));
    Ok(json!({
        "count": tokens.len(),
        "max_model_len": options.ctx.unwrap_or(DEFAULT_CTX),
        "tokens": tokens,
        "token_strs": texts,
    }))
}
