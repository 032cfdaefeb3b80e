//! Errors before the stream, in the format of each server.

use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::facts::ServerKind;
use crate::llm::Api;
use crate::serve::request;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ApiRefusal {
    BadKey,
    BadJson(String),
    Invalid {
        parameter: &'static str,
        problem: &'static str,
    },
    UnknownModel {
        model: String,
        valid: String,
    },
    TooLong {
        prompt_tokens: u64,
        ctx: u64,
    },
    /// The request demands this status.
    Failed(u16),
}

impl ApiRefusal {
    pub(super) fn invalid(parameter: &'static str, problem: &'static str) -> Self {
        Self::Invalid { parameter, problem }
    }

    /// Parses a body.
    pub(super) fn parse(body: &[u8]) -> Result<Value, Self> {
        serde_json::from_slice(body).map_err(|error| Self::BadJson(error.to_string()))
    }

    /// The error as a response.
    pub(super) fn respond(&self, api: Api, server: ServerKind) -> Response {
        let status = self.status();
        let body = match api {
            Api::AnthropicMessages => {
                json!({"type": "error", "error": {"type": self.word(ServerKind::Vendor), "message": self.message()}})
            }
            Api::OllamaNdjson => json!({"error": self.message()}),
            _ => self.openai(server),
        };
        let mut response = (status, request::json(body)).into_response();
        let headers = response.headers_mut();
        let mut add = |name, value| headers.insert(name, HeaderValue::from_static(value));
        if status == StatusCode::TOO_MANY_REQUESTS {
            add("retry-after", "1");
            add("x-ratelimit-limit-requests", "60");
            add("x-ratelimit-remaining-requests", "0");
            add("x-ratelimit-reset-requests", "1s");
        }
        if server == ServerKind::Llama {
            add("connection", "close");
        }
        response
    }

    fn openai(&self, server: ServerKind) -> Value {
        let code = self.status().as_u16();
        let (message, word) = (self.message(), self.word(server));
        match (server, self) {
            (ServerKind::Vllm, Self::BadKey) => json!({"error": "Unauthorized"}),
            (ServerKind::Vllm, _) => {
                json!({"error": {"message": message, "type": word, "param": self.parameter(), "code": code}})
            }
            (ServerKind::Llama, Self::TooLong { prompt_tokens, ctx }) => json!({"error": {
                "code": code, "message": message, "type": word, "n_prompt_tokens": prompt_tokens, "n_ctx": ctx,
            }}),
            (ServerKind::Llama, _) => {
                json!({"error": {"code": code, "message": message, "type": word}})
            }
            (ServerKind::Vendor, _) => {
                let code = match self {
                    Self::BadKey => Some("invalid_api_key"),
                    Self::UnknownModel { .. } => Some("model_not_found"),
                    Self::TooLong { .. } => Some("context_length_exceeded"),
                    Self::Failed(429) => Some("rate_limit_exceeded"),
                    Self::BadJson(_) | Self::Invalid { .. } | Self::Failed(_) => None,
                };
                json!({"error": {"message": message, "type": word, "param": self.parameter(), "code": code}})
            }
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::BadKey => StatusCode::UNAUTHORIZED,
            Self::BadJson(_) | Self::Invalid { .. } | Self::TooLong { .. } => {
                StatusCode::BAD_REQUEST
            }
            Self::UnknownModel { .. } => StatusCode::NOT_FOUND,
            Self::Failed(status) => {
                StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    fn message(&self) -> String {
        match self {
            Self::BadKey => "Invalid API Key".to_owned(),
            Self::BadJson(problem) => format!("the body is not valid JSON: {problem}"),
            Self::Invalid { parameter, problem } => format!("`{parameter}` {problem}"),
            Self::UnknownModel { model, valid } => {
                format!("The model `{model}` does not exist. Valid aliases: {valid}.")
            }
            Self::TooLong { prompt_tokens, ctx } => format!(
                "request ({prompt_tokens} tokens) exceeds the available context size ({ctx} tokens), try increasing it"
            ),
            Self::Failed(429) => "Rate limit reached, as requested".to_owned(),
            Self::Failed(_) => "failed, as requested".to_owned(),
        }
    }

    fn parameter(&self) -> Option<&str> {
        match self {
            Self::Invalid { parameter, .. } => Some(parameter),
            Self::UnknownModel { .. } => Some("model"),
            _ => None,
        }
    }

    /// The `type` of the error.
    fn word(&self, server: ServerKind) -> &'static str {
        match (self, server) {
            (Self::BadKey, _) => "authentication_error",
            (Self::TooLong { .. }, ServerKind::Llama) => "exceed_context_size_error",
            (Self::BadJson(_) | Self::Invalid { .. } | Self::TooLong { .. }, ServerKind::Vllm) => {
                "BadRequestError"
            }
            (Self::BadJson(_) | Self::Invalid { .. } | Self::TooLong { .. }, _) => {
                "invalid_request_error"
            }
            (Self::UnknownModel { .. }, ServerKind::Vllm) => "NotFoundError",
            (Self::UnknownModel { .. }, _) => "not_found_error",
            (Self::Failed(429), _) => "rate_limit_error",
            (Self::Failed(503), ServerKind::Llama) => "unavailable_error",
            (Self::Failed(529), _) => "overloaded_error",
            (Self::Failed(_), ServerKind::Vllm) => "InternalServerError",
            (Self::Failed(_), ServerKind::Llama) => "server_error",
            (Self::Failed(_), ServerKind::Vendor) => "api_error",
        }
    }
}
