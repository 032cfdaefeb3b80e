//! Routes that imitate LLM servers, with the requested pace and failures.
//!
//! A parameter is in the query or in a header `x-ssel-<name>`, for clients with a fixed URL. [`reply_options`] reads the
//! parameters, [`request_body`] reads the JSON body, [`reply`] keeps the schedule, and [`encoder`] writes each event in the
//! format of the API and the server, from the templates in `replies/`.

mod encoder;
mod engine;
mod exposition;
mod facts;
mod fault;
mod http_chunks;
mod refusal;
mod reply;
mod reply_options;
mod request_body;
mod scores;
mod server_metrics;
mod steps;
mod template;
mod templates;
mod tokenize;
mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use serde_json::{Value, json};
use tokio::time::sleep_until;

use super::clock;
use super::failure::ErrorResponse;
use super::request::{TargetRequest, json as json_response};
use crate::llm::Api;
use engine::prefix::blocks;
use engine::{EngineRequest, Engines};
use exposition::{MetricNames, ServerFigures};
use facts::Facts;
use fault::FaultKind;
use refusal::ApiRefusal;
use reply::TargetReply;
use reply_options::ReplyOptions;
use request_body::RequestBody;
pub(super) use scores::{embeddings, rerank};
use server_metrics::TargetMetrics;
pub(super) use tokenize::tokenize;

/// The state of the LLM routes of one server. It counts requests, so that the same ones fail in each run.
#[derive(Debug, Clone, Default)]
pub(super) struct LlmTarget {
    count: Arc<AtomicU64>,
    engines: Engines,
    metrics: TargetMetrics,
}

impl LlmTarget {
    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }
}

/// `POST` of an API that generates text.
pub(super) fn reply(api: Api) -> MethodRouter<LlmTarget> {
    post(
        move |requests: State<LlmTarget>, request: TargetRequest| async move {
            answer(api, &requests, request).await
        },
    )
}

/// `GET /metrics`.
pub(super) async fn metrics(
    requests: State<LlmTarget>,
    request: TargetRequest,
) -> Result<Response, ErrorResponse> {
    let mut params = request.params();
    let names = params.choice("server", &MetricNames::NAMES)?;
    let watts = params.number("power", 0, 0..=1_000_000)?;
    params.finish()?;
    let figures = ServerFigures {
        counts: requests.engines.counts(),
        sums: requests.metrics.sums(),
        uptime: requests.metrics.start.elapsed(),
        watts: watts as f64,
    };
    let headers = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    Ok((headers, exposition::document(names, &figures)).into_response())
}

/// `GET /v1/models`.
pub(super) async fn models(request: TargetRequest) -> Result<Response, ErrorResponse> {
    list(&request, |models| {
        let item =
            |id: &String| json!({"id": id, "object": "model", "created": 0, "owned_by": "ssel"});
        json!({"object": "list", "data": models.iter().map(item).collect::<Vec<_>>()})
    })
}

/// `GET /api/tags`.
pub(super) async fn tags(request: TargetRequest) -> Result<Response, ErrorResponse> {
    list(&request, |models| {
        let item = |name: &String| json!({"name": name, "model": name});
        json!({"models": models.iter().map(item).collect::<Vec<_>>()})
    })
}

fn list(
    request: &TargetRequest,
    write: impl FnOnce(&[String]) -> Value,
) -> Result<Response, ErrorResponse> {
    let models = ReplyOptions::of(request)?
        .models
        .unwrap_or_else(|| vec![request_body::DEFAULT_MODEL.to_owned()]);
    Ok(json_response(write(&models)).into_response())
}

async fn answer(
    api: Api,
    requests: &LlmTarget,
    request: TargetRequest,
) -> Result<Response, ErrorResponse> {
    let options = ReplyOptions::of(&request)?;
    let number = requests.next();
    sleep_until(clock::due(
        request.arrived,
        options.headers_delay,
        options.headers_delay,
        0,
    ))
    .await;
    let fault = options.fault.filter(|fault| fault.strikes(number));
    let accepted =
        accept(api, &options, &request).and_then(|body| match fault.map(|fault| fault.kind) {
            Some(FaultKind::Status(status)) => Err(ApiRefusal::Failed(status)),
            _ => Ok(body),
        });
    Ok(match accepted {
        Ok(mut body) => {
            let prompt = std::mem::take(&mut body.prompt);
            let facts = Facts::new(api, &options, body, prompt.len() as u64, number);
            let (load, choices) = (&options.load, facts.choices);
            let blocks = if load.cache > 0 {
                blocks(prompt.iter().copied(), load.block)
            } else {
                Vec::new()
            };
            let work = EngineRequest {
                prompt: facts.prompt_tokens,
                blocks,
                reply: facts.completion_tokens(),
                step: options.most_per_step().saturating_mul(choices),
                interval: options.step(),
            };
            let ticket = requests.engines.enter(load, number, work, request.arrived);
            let metrics = requests.metrics.open(request.arrived, facts.prompt_tokens);
            let half = facts.sizes.tokens() / 2;
            let reply = TargetReply {
                fault: fault.map(|fault| fault.kind),
                fault_after: fault.and_then(|fault| fault.after).unwrap_or(half),
                facts,
                options,
                ticket,
                metrics,
                prompt,
            };
            reply.respond(&request).await
        }
        Err(refusal) => refusal.respond(api, options.server),
    })
}

/// The checks of a request, in the order of a real server.
fn accept(
    api: Api,
    options: &ReplyOptions,
    request: &TargetRequest,
) -> Result<RequestBody, ApiRefusal> {
    check_key(options, request)?;
    let body = RequestBody::read(api, &request.body)?;
    check_model(options, &body.model)?;
    let prompt_tokens = body.prompt.len() as u64;
    // A reply that exceeds the KV cache could never be completed.
    let room = options
        .load
        .kv
        .map(|kv| kv.saturating_sub(options.reply_tokens(api, &body)));
    match [options.ctx, room].into_iter().flatten().min() {
        Some(ctx) if prompt_tokens > ctx => Err(ApiRefusal::TooLong { prompt_tokens, ctx }),
        _ => Ok(body),
    }
}

fn check_key(options: &ReplyOptions, request: &TargetRequest) -> Result<(), ApiRefusal> {
    if let Some(key) = &options.key {
        let bearer = request
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "));
        if bearer.or_else(|| request.header("x-api-key")) != Some(key) {
            return Err(ApiRefusal::BadKey);
        }
    }
    Ok(())
}

fn check_model(options: &ReplyOptions, model: &str) -> Result<(), ApiRefusal> {
    match &options.models {
        Some(models) if !models.iter().any(|valid| valid == model) => {
            Err(ApiRefusal::UnknownModel {
                model: model.to_owned(),
                valid: models.join(", "),
            })
        }
        _ => Ok(()),
    }
}
