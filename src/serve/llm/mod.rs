//! Routes that imitate LLM servers, with the requested pace and failures.
//!
//! Every parameter may be in the query or in a header `x-ssel-<name>`, so that a client whose URL is fixed can still
//! say what it wants. A reply goes through four hands: [`plan`] reads the parameters, [`ask`] the JSON body,
//! [`reply`] keeps the schedule, and a [`voice`] puts each piece into the bytes of one API as one server does.

mod anthropic;
mod ask;
mod books;
mod engine;
mod exposition;
mod fault;
mod frames;
mod ollama;
mod openai;
mod plan;
mod refusal;
mod reply;
mod responses;
mod scores;
mod steps;
mod tokenize;
mod voice;
mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::time::sleep_until;

use super::call::Call;
use super::clock;
use super::failure::Failure;
use ask::Ask;
use books::Books;
use engine::prefix::blocks;
use engine::{Asked, Engines};
use exposition::{Names, Told};
use fault::FaultKind;
use plan::Plan;
use refusal::Refusal;
use reply::Reply;
pub(super) use scores::{embeddings, rerank};
pub(super) use tokenize::tokenize;
use voice::{Api, Facts};

/// Counts the requests of one server, so that "every tenth fails" means the same in each run.
#[derive(Debug, Clone, Default)]
pub(super) struct Requests {
    count: Arc<AtomicU64>,
    engines: Engines,
    books: Books,
}

impl Requests {
    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }
}

/// `POST /v1/chat/completions`.
pub(super) async fn chat(requests: State<Requests>, call: Call) -> Result<Response, Failure> {
    answer(Api::Chat, &requests, call).await
}

/// `POST /v1/completions`.
pub(super) async fn completions(
    requests: State<Requests>,
    call: Call,
) -> Result<Response, Failure> {
    answer(Api::Completions, &requests, call).await
}

/// `POST /v1/responses`.
pub(super) async fn responses(requests: State<Requests>, call: Call) -> Result<Response, Failure> {
    answer(Api::Responses, &requests, call).await
}

/// `POST /v1/messages`.
pub(super) async fn messages(requests: State<Requests>, call: Call) -> Result<Response, Failure> {
    answer(Api::Messages, &requests, call).await
}

/// `POST /api/chat`.
pub(super) async fn ollama(requests: State<Requests>, call: Call) -> Result<Response, Failure> {
    answer(Api::Ollama, &requests, call).await
}

/// `GET /metrics`.
pub(super) async fn metrics(requests: State<Requests>, call: Call) -> Result<Response, Failure> {
    let mut params = call.params();
    let names = params.choice("server", &Names::NAMES)?;
    let watts = params.number("power", 0, 0..=1_000_000)?;
    params.finish()?;
    let told = Told {
        counts: requests.engines.counts(),
        sums: requests.books.sums(),
        uptime: requests.books.start.elapsed(),
        watts: watts as f64,
    };
    let headers = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    Ok((headers, exposition::document(names, &told)).into_response())
}

/// `GET /v1/models`.
pub(super) async fn models(call: Call) -> Result<Response, Failure> {
    list(&call, |models| {
        let item =
            |id: &String| json!({"id": id, "object": "model", "created": 0, "owned_by": "ssel"});
        json!({"object": "list", "data": models.iter().map(item).collect::<Vec<_>>()})
    })
}

/// `GET /api/tags`.
pub(super) async fn tags(call: Call) -> Result<Response, Failure> {
    list(&call, |models| {
        let item = |name: &String| json!({"name": name, "model": name});
        json!({"models": models.iter().map(item).collect::<Vec<_>>()})
    })
}

fn list(call: &Call, write: impl FnOnce(&[String]) -> Value) -> Result<Response, Failure> {
    let mut params = call.params();
    let plan = Plan::read(&mut params)?;
    params.finish()?;
    let models = plan
        .models
        .unwrap_or_else(|| vec![ask::DEFAULT_MODEL.to_owned()]);
    let body = write(&models).to_string();
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

async fn answer(api: Api, requests: &Requests, call: Call) -> Result<Response, Failure> {
    let mut params = call.params();
    let plan = Plan::read(&mut params)?;
    params.finish()?;
    let number = requests.next();
    sleep_until(clock::due(
        call.arrived,
        plan.headers_delay,
        plan.headers_delay,
        0,
    ))
    .await;
    let fault = plan.fault.filter(|fault| fault.strikes(number));
    let accepted = accept(api, &plan, &call).and_then(|ask| match fault.map(|fault| fault.kind) {
        Some(FaultKind::Status(status)) => Err(Refusal::Failed(status)),
        _ => Ok(ask),
    });
    Ok(match accepted {
        Ok(mut ask) => {
            let prompt = std::mem::take(&mut ask.prompt);
            let facts = Facts::new(api, &plan, ask, prompt.len() as u64, number);
            let (load, choices) = (&plan.load, facts.choices);
            let blocks = if load.cache > 0 {
                blocks(prompt.iter().copied(), load.block)
            } else {
                Vec::new()
            };
            let asked = Asked {
                prompt: facts.prompt_tokens,
                blocks,
                reply: facts.completion_tokens(),
                step: plan.most_per_step().saturating_mul(choices),
                interval: plan.step(),
            };
            let ticket = requests.engines.enter(load, number, asked, call.arrived);
            let account = requests.books.open(call.arrived, facts.prompt_tokens);
            Reply::new(facts, plan, fault, ticket, account, prompt)
                .respond(&call)
                .await
        }
        Err(refusal) => refusal.respond(api, plan.server),
    })
}

/// The checks of a real server, in the order in which one makes them.
fn accept(api: Api, plan: &Plan, call: &Call) -> Result<Ask, Refusal> {
    check_key(plan, call)?;
    let ask = Ask::read(api, &call.body)?;
    check_model(plan, &ask.model)?;
    let prompt_tokens = ask.prompt.len() as u64;
    // A reply that outgrows the KV cache could never be completed.
    let room = plan
        .load
        .kv
        .map(|kv| kv.saturating_sub(plan.reply_tokens(api, &ask)));
    match [plan.ctx, room].into_iter().flatten().min() {
        Some(ctx) if prompt_tokens > ctx => Err(Refusal::TooLong { prompt_tokens, ctx }),
        _ => Ok(ask),
    }
}

fn check_key(plan: &Plan, call: &Call) -> Result<(), Refusal> {
    if let Some(key) = &plan.key {
        let bearer = call
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "));
        if bearer.or_else(|| call.header("x-api-key")) != Some(key) {
            return Err(Refusal::BadKey);
        }
    }
    Ok(())
}

fn check_model(plan: &Plan, model: &str) -> Result<(), Refusal> {
    match &plan.models {
        Some(models) if !models.iter().any(|valid| valid == model) => Err(Refusal::UnknownModel {
            model: model.to_owned(),
            valid: models.join(", "),
        }),
        _ => Ok(()),
    }
}
