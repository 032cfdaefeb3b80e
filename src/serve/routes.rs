//! The routes, and the page that lists them.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};

use super::call::Call;
use super::failure::Failure;
use super::{echo, events, fault, llm, status};
use crate::units::nearest;

/// A route as a reader meets it.
pub(super) struct Route {
    /// The path, `{…}` standing for what varies.
    pub(super) path: &'static str,
    /// A request that shows it.
    example: &'static str,
    /// What it does.
    purpose: &'static str,
}

/// All routes, in the order of the page that lists them.
pub(super) const ROUTES: &[Route] = &[
    route(
        "/.sse",
        "/.sse?n=5&interval=200ms",
        "an event stream: an event a second",
    ),
    route("/echo", "/echo?a=b", "the request, as JSON"),
    route("/echo/sse", "/echo/sse", "the request, as one event"),
    route("/status/{code}", "/status/503?retry_after=1", "that status"),
    route(
        "/redirect",
        "/redirect?to=/.sse&status=307",
        "a redirect to `to`",
    ),
    route(
        "/redirect/{n}",
        "/redirect/3?to=/echo",
        "n redirects, then `to`",
    ),
    route("/delay/{time}", "/delay/1.5s", "headers after that time"),
    route("/bytes/{n}", "/bytes/1000000", "a body of n bytes"),
    route("/cookies", "/cookies", "the cookies of the request"),
    route(
        "/cookies/set",
        "/cookies/set?k=v",
        "sets cookies, then redirects to /cookies",
    ),
    route(
        "/basic-auth/{user}/{pass}",
        "/basic-auth/ann/secret",
        "401 without these credentials",
    ),
    route(
        "/content-type",
        "/content-type?type=text/html&body=hi",
        "200 with that content type",
    ),
    route(
        "/fault/{kind}",
        "/fault/reset?after=100",
        "broken in one way; /fault lists them",
    ),
    route(
        "/v1/chat/completions",
        "/v1/chat/completions?ttft=200ms&itl=20ms",
        "OpenAI chat (POST)",
    ),
    route(
        "/v1/completions",
        "/v1/completions?tokens=8",
        "OpenAI completions (POST)",
    ),
    route(
        "/v1/responses",
        "/v1/responses?tokens=8",
        "OpenAI responses (POST)",
    ),
    route(
        "/v1/messages",
        "/v1/messages?reasoning=4",
        "Anthropic messages (POST)",
    ),
    route(
        "/api/chat",
        "/api/chat?tokens=8",
        "Ollama chat, NDJSON (POST)",
    ),
    route(
        "/v1/embeddings",
        "/v1/embeddings?ttft=20ms",
        "OpenAI embeddings (POST)",
    ),
    route(
        "/v1/rerank",
        "/v1/rerank?ttft=20ms",
        "documents by relevance (POST), also /v2/rerank, /rerank",
    ),
    route(
        "/tokenize",
        "/tokenize",
        "tokens of a prompt, as vLLM and llama.cpp count them (POST)",
    ),
    route(
        "/metrics",
        "/metrics?server=vllm",
        "what the LLM routes did, for Prometheus",
    ),
    route("/v1/models", "/v1/models", "the models"),
    route("/api/tags", "/api/tags", "the models, as Ollama lists them"),
    route("/health", "/health", "200 at once"),
];

const fn route(path: &'static str, example: &'static str, purpose: &'static str) -> Route {
    Route {
        path,
        example,
        purpose,
    }
}

/// All routes with their handlers.
pub(super) fn router() -> Router {
    Router::new()
        .route("/", get(index))
        .route("/health", get(async || "ok\n"))
        .route("/.sse", get(events::events).post(events::events))
        .route("/echo", any(echo::echo))
        .route("/echo/sse", any(echo::echo_event))
        .route("/status/{code}", any(status::status))
        .route("/redirect", any(status::redirect))
        .route("/redirect/{n}", any(status::redirects))
        .route("/delay/{time}", any(status::delay))
        .route("/bytes/{n}", any(status::bytes))
        .route("/cookies", any(status::cookies))
        .route("/cookies/set", any(status::set_cookies))
        .route("/basic-auth/{user}/{pass}", any(status::basic_auth))
        .route("/content-type", any(status::content_type))
        .route("/fault", get(fault::list))
        .route("/fault/{kind}", any(fault::fault))
        .route("/v1/chat/completions", post(llm::chat))
        .route("/v1/completions", post(llm::completions))
        .route("/v1/responses", post(llm::responses))
        .route("/v1/messages", post(llm::messages))
        .route("/api/chat", post(llm::ollama))
        .route("/v1/embeddings", post(llm::embeddings))
        .route("/v1/rerank", post(llm::rerank))
        .route("/v2/rerank", post(llm::rerank))
        .route("/rerank", post(llm::rerank))
        .route("/tokenize", post(llm::tokenize))
        .route("/metrics", get(llm::metrics))
        .route("/v1/models", get(llm::models))
        .route("/api/tags", get(llm::tags))
        .fallback(not_found)
        .with_state(llm::Requests::default())
}

/// The page at `/`.
async fn index() -> Response {
    let routes = ROUTES.iter().map(|route| {
        let indent = "";
        format!(
            "{:26} {}\n{indent:26}   {}\n",
            route.path, route.purpose, route.example
        )
    });
    let page = format!("ssel target server\n\n{}", routes.collect::<String>());
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], page).into_response()
}

async fn not_found(call: Call) -> Failure {
    let path = call.uri.path();
    let hint = match nearest(path, ROUTES.iter().map(|route| route.path)) {
        Some(near) => format!("the nearest route is `{near}`"),
        None => "`/` lists the routes".to_owned(),
    };
    Failure::not_found(format!("nothing is served at `{path}`; {hint}"))
}
