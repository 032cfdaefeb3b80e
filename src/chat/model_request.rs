//! A complete request to a model.

use std::time::Duration;

use ::http::Method;
use url::Url;

use crate::http::{self, Request, parse_header, parse_url};
use crate::llm::{Api, ChatRequest, ReaderOptions, RequestError};

/// A complete request to a model, with the limits of its reply.
#[derive(Debug, Clone)]
pub struct ModelRequest {
    /// The request. Its `timeout` applies to the whole exchange.
    pub request: Request,
    /// The API of request and reply.
    pub api: Api,
    /// The options for reading the reply.
    pub reader: ReaderOptions,
    /// The maximum time without an event, starting with the request. Comments and keep-alives do not count as events.
    pub stall_timeout: Option<Duration>,
    /// Cancel the exchange and close its connection after this time.
    pub cancel_after: Option<Duration>,
}

/// Why a request cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelRequestError {
    /// It cannot be written in the API.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The URL cannot be requested, or the key is not valid in a header.
    #[error(transparent)]
    Http(#[from] http::Error),
}

impl ModelRequest {
    /// The request `ask` for the server at `url`: its root, its root with `/v1`, or the whole URL of an endpoint.
    ///
    /// Without an API, it is inferred from the path of the URL; for a root it is chat completions. `key` goes into the
    /// header that the API defines.
    ///
    /// # Errors
    /// Anything that prevents the request from being sent.
    pub fn new(
        url: &Url,
        ask: &ChatRequest,
        api: Option<Api>,
        key: Option<&str>,
    ) -> Result<Self, ModelRequestError> {
        let api = api
            .or_else(|| Api::of_path(url.path()))
            .unwrap_or(Api::ChatCompletions);
        let built = ask.build(api, key)?;
        let mut request = Request::new(Method::POST, parse_url(&built.url(url.as_str()))?);
        for (name, value) in &built.headers {
            let (name, value) = parse_header(name, value.as_bytes())?;
            request.headers.insert(name, value);
        }
        request.body = built.body.into();
        Ok(Self {
            request,
            api,
            reader: ReaderOptions::default(),
            stall_timeout: None,
            cancel_after: None,
        })
    }

    /// The accepted content types of an answer, the expected one first.
    pub(super) fn content_types(&self) -> &'static [&'static str] {
        if self.api.is_ndjson() {
            &[
                "application/x-ndjson",
                "application/ndjson",
                "application/jsonl",
                "application/json",
            ]
        } else {
            &["text/event-stream"]
        }
    }
}
