//! The routes, and a page that lists them.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get, post};

use super::failure::ErrorResponse;
use super::request::TargetRequest;
use super::{echo, events, fault, llm, status};
use crate::llm::Api;
use crate::units::nearest;

/// A path with its variables in braces, its handler, an example, and a description.
type Route = (
    &'static str,
    fn() -> MethodRouter<llm::LlmTarget>,
    &'static str,
    &'static str,
);

/// The listed routes, in the order of the page.
#[rustfmt::skip]
pub(super) const ROUTES: &[Route] = &[
    ("/.sse", || get(events::events).post(events::events), "/.sse?n=5&interval=200ms", "an event stream, by default one event per second"),
    ("/echo", || any(echo::echo), "/echo?a=b", "the request, as JSON"),
    ("/echo/sse", || any(echo::echo_event), "/echo/sse", "the request, as one event"),
    ("/status/{code}", || any(status::status), "/status/503?retry_after=1", "a response with this status"),
    ("/redirect", || any(status::redirect), "/redirect?to=/.sse&status=307", "a redirect to `to`"),
    ("/redirect/{n}", || any(status::redirects), "/redirect/3?to=/echo", "n redirects, then `to`"),
    ("/delay/{time}", || any(status::delay), "/delay/1.5s", "a response after this time"),
    ("/bytes/{n}", || any(status::bytes), "/bytes/1000000", "a body of n bytes"),
    ("/cookies", || any(status::cookies), "/cookies", "the cookies of the request"),
    ("/cookies/set", || any(status::set_cookies), "/cookies/set?k=v", "sets cookies, then redirects to /cookies"),
    ("/basic-auth/{user}/{pass}", || any(status::basic_auth), "/basic-auth/ann/secret", "200 with these credentials, else 401"),
    ("/content-type", || any(status::content_type), "/content-type?type=text/html&body=hi", "a response with this content type"),
    ("/fault/{kind}", || any(fault::fault), "/fault/reset?after=100", "a response with a defined fault; /fault lists the kinds"),
    (Api::ChatCompletions.path(), || llm::reply(Api::ChatCompletions), "/v1/chat/completions?ttft=200ms&itl=20ms", "OpenAI chat (POST)"),
    (Api::Completions.path(), || llm::reply(Api::Completions), "/v1/completions?tokens=8", "OpenAI completions (POST)"),
    (Api::Responses.path(), || llm::reply(Api::Responses), "/v1/responses?tokens=8", "OpenAI responses (POST)"),
    (Api::AnthropicMessages.path(), || llm::reply(Api::AnthropicMessages), "/v1/messages?reasoning=4", "Anthropic messages (POST)"),
    (Api::OllamaNdjson.path(), || llm::reply(Api::OllamaNdjson), "/api/chat?tokens=8", "Ollama chat, NDJSON (POST)"),
    ("/v1/embeddings", || post(llm::embeddings), "/v1/embeddings?ttft=20ms", "OpenAI embeddings (POST)"),
    ("/v1/rerank", || post(llm::rerank), "/v1/rerank?ttft=20ms", "documents ranked by relevance (POST); also /v2/rerank, /rerank"),
    ("/tokenize", || post(llm::tokenize), "/tokenize", "tokens of a prompt, as vLLM and llama.cpp count them (POST)"),
    ("/metrics", || get(llm::metrics), "/metrics?server=vllm", "metrics of the LLM routes, for Prometheus"),
    ("/v1/models", || get(llm::models), "/v1/models", "the models"),
    ("/api/tags", || get(llm::tags), "/api/tags", "the models, as Ollama lists them"),
    ("/health", || get(async || "ok\n"), "/health", "200"),
];

/// The router of the target.
pub(super) fn router() -> Router {
    let listed = ROUTES.iter().map(|(path, handler, ..)| (*path, handler()));
    let unlisted = [
        ("/", get(index)),
        ("/fault", get(fault::list)),
        ("/v2/rerank", post(llm::rerank)),
        ("/rerank", post(llm::rerank)),
    ];
    listed
        .chain(unlisted)
        .fold(Router::new(), |router, (path, handler)| {
            router.route(path, handler)
        })
        .fallback(not_found)
        .with_state(llm::LlmTarget::default())
}

/// Handles `/`: lists the routes.
async fn index() -> Response {
    let routes = ROUTES.iter().map(|(path, _, example, purpose)| {
        let indent = "";
        format!("{path:26} {purpose}\n{indent:26}   {example}\n")
    });
    let page = format!("ssel target server\n\n{}", routes.collect::<String>());
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], page).into_response()
}

async fn not_found(request: TargetRequest) -> ErrorResponse {
    let path = request.uri.path();
    let hint = match nearest(path, ROUTES.iter().map(|(path, ..)| *path)) {
        Some(near) => format!("the nearest route is `{near}`"),
        None => "`/` lists the routes".to_owned(),
    };
    ErrorResponse::not_found(format!("nothing is served at `{path}`; {hint}"))
}
