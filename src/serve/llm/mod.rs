//! Routes that imitate LLM servers, with the requested pace and failures.
//!
//! Every parameter may be in the query or in a header `x-ssel-<name>`, so that a client whose URL is fixed can still
//! say what it wants. [`plan`] reads the parameters and [`ask`] the JSON body, [`reply`] keeps the schedule, and
//! [`encoder`] writes each event as the API and the server in question do, from the templates in `replies/`.

mod ask;
mod books;
mod encoder;
mod engine;
mod exposition;
mod facts;
mod fault;
mod frames;
mod plan;
mod refusal;
mod reply;
mod scores;
mod steps;
mod template;
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

use super::call::{Call, json as json_response};
use super::clock;
use super::failure::Failure;
use crate::llm::Api;
use ask::Ask;
use books::Books;
use engine::prefix::blocks;
use engine::{Asked, Engines};
use exposition::{Names, Told};
use facts::Facts;
use fault::FaultKind;
use plan::Plan;
use refusal::Refusal;
use reply::Reply;
pub(super) use scores::{embeddings, rerank};
pub(super) use tokenize::tokenize;

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

/// `POST` of an API that generates text.
pub(super) fn reply(api: Api) -> MethodRouter<Requests> {
    post(
        move |requests: State<Requests>, call: Call| async move { answer(api, &requests, call).await },
    )
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
    let models = Plan::of(call)?
        .models
        .unwrap_or_else(|| vec![ask::DEFAULT_MODEL.to_owned()]);
    Ok(json_response(write(&models)).into_response())
}

async fn answer(api: Api, requests: &Requests, call: Call) -> Result<Response, Failure> {
    let plan = Plan::of(&call)?;
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
