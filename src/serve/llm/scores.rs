//! Embeddings and ranking of documents.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::engine::EngineRequest;
use super::fault::FaultKind;
use super::refusal::ApiRefusal;
use super::reply_options::ReplyOptions;
use super::request_body::{self, DEFAULT_MODEL};
use super::server_metrics::EndReason;
use super::{LlmTarget, check_key, check_model, words};
use crate::llm::Api;
use crate::serve::failure::ErrorResponse;
use crate::serve::request::{TargetRequest, json as json_response};

/// Default of `dimensions`.
const DIMENSIONS: u64 = 16;

/// Maximum of `dimensions`.
const MAX_DIMENSIONS: u64 = 65_536;

/// `POST /v1/embeddings`.
pub(in crate::serve) async fn embeddings(
    requests: State<LlmTarget>,
    request: TargetRequest,
) -> Result<Response, ErrorResponse> {
    answer(&requests, &request, embed).await
}

/// `POST /v1/rerank`.
pub(in crate::serve) async fn rerank(
    requests: State<LlmTarget>,
    request: TargetRequest,
) -> Result<Response, ErrorResponse> {
    answer(&requests, &request, rank).await
}

/// A response body, and the number of its prompt tokens.
type ScoreAnswer = Result<(Value, u64), ApiRefusal>;

/// Responds with `score` of the body after the time that its tokens take.
async fn answer(
    requests: &LlmTarget,
    request: &TargetRequest,
    score: fn(&Value, &str) -> ScoreAnswer,
) -> Result<Response, ErrorResponse> {
    let options = ReplyOptions::of(request)?;
    let number = requests.next();
    let scored = check_key(&options, request).and_then(|()| {
        let body = ApiRefusal::parse(&request.body)?;
        let model = body["model"].as_str().unwrap_or(DEFAULT_MODEL);
        check_model(&options, model)?;
        match options.fault.filter(|fault| fault.strikes(number)) {
            Some(fault) => Err(ApiRefusal::Failed(match fault.kind {
                FaultKind::Status(status) => status,
                _ => 500,
            })),
            None => score(&body, model),
        }
    });
    let (body, tokens) = match scored {
        Ok(scored) => scored,
        Err(refusal) => return Ok(refusal.respond(Api::ChatCompletions, options.server)),
    };
    let work = EngineRequest {
        prompt: tokens,
        ..EngineRequest::default()
    };
    let ticket = requests
        .engines
        .enter(&options.load, number, work, request.arrived);
    let mut metrics = requests.metrics.open(request.arrived, tokens);
    let admitted = ticket.first(options.ttft).await;
    metrics.begun(admitted, ticket.instant(admitted.at));
    metrics.end(EndReason::Stop);
    Ok(json_response(body).into_response())
}

/// The texts of an input: a text, a list of token ids, or a list of these.
fn inputs(input: &Value) -> Vec<&Value> {
    match input {
        Value::Array(parts) if !parts.first().is_some_and(Value::is_number) => {
            parts.iter().collect()
        }
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn embed(body: &Value, model: &str) -> ScoreAnswer {
    let inputs = inputs(&body["input"]);
    if inputs.is_empty() {
        return Err(ApiRefusal::invalid("input", "is required"));
    }
    let dimensions = match &body["dimensions"] {
        Value::Null => DIMENSIONS,
        number => number
            .as_u64()
            .filter(|number| (1..=MAX_DIMENSIONS).contains(number))
            .ok_or_else(|| ApiRefusal::invalid("dimensions", "must be from 1 to 65536"))?,
    };
    let in_base64 = body["encoding_format"] == "base64";
    let mut count = 0;
    let mut data = Vec::new();
    for (index, input) in inputs.into_iter().enumerate() {
        let tokens = request_body::tokens([input]);
        count += tokens.len() as u64;
        let numbers = embedding(&tokens, dimensions);
        let embedding = if in_base64 {
            let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
            STANDARD.encode(&bytes).into()
        } else {
            Value::from(numbers)
        };
        data.push(json!({"object": "embedding", "index": index, "embedding": embedding}));
    }
    let usage = json!({"prompt_tokens": count, "total_tokens": count});
    Ok((
        json!({"object": "list", "data": data, "model": model, "usage": usage}),
        count,
    ))
}

/// A vector of length 1, in which each token increases the number at its index.
fn embedding(tokens: &[u64], dimensions: u64) -> Vec<f32> {
    let mut numbers = vec![0.0_f32; usize::try_from(dimensions).unwrap_or(1)];
    for token in tokens {
        let place = usize::try_from(token % dimensions).unwrap_or(0);
        numbers[place] += 1.0;
    }
    let length = numbers.iter().map(|n| n * n).sum::<f32>().sqrt();
    if length > 0.0 {
        for number in &mut numbers {
            *number /= length;
        }
    }
    numbers
}

fn rank(body: &Value, model: &str) -> ScoreAnswer {
    let Some(query) = body["query"].as_str() else {
        return Err(ApiRefusal::invalid("query", "is required"));
    };
    let documents = match &body["documents"] {
        Value::Array(documents) if !documents.is_empty() => documents,
        _ => return Err(ApiRefusal::invalid("documents", "is required")),
    };
    let wanted: Vec<u64> = query.split_whitespace().map(words::token).collect();
    let mut count = 0;
    let mut results: Vec<(usize, f64)> = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        let tokens = request_body::tokens([document]);
        count += (wanted.len() + tokens.len()) as u64;
        // The share of the query's words that the document has.
        let found = wanted.iter().filter(|token| tokens.contains(token)).count();
        results.push((index, found as f64 / wanted.len().max(1) as f64));
    }
    results.sort_by(|a, b| b.1.total_cmp(&a.1));
    let most = body["top_n"].as_u64().and_then(|n| usize::try_from(n).ok());
    results.truncate(most.filter(|n| *n > 0).unwrap_or(usize::MAX));
    let results: Vec<Value> = results
        .into_iter()
        .map(|(index, score)| {
            let document = match &documents[index] {
                Value::String(text) => json!({"text": text}),
                other => other.clone(),
            };
            json!({"index": index, "document": document, "relevance_score": score})
        })
        .collect();
    let answer = json!({
        "id": "rerank-ssel",
        "model": model,
        "usage": {"prompt_tokens": count, "total_tokens": count},
        "results": results,
    });
    Ok((answer, count))
}
