//! Error responses, as JSON.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::request;

/// The error of a request that a route rejects: `{"error":{"message":…,"type":…,"param":…,"code":…}}`, as in the APIs of
/// LLM servers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct ErrorResponse {
    status: StatusCode,
    kind: &'static str,
    parameter: Option<String>,
    message: String,
}

impl ErrorResponse {
    /// The error for a parameter that is missing, malformed, out of range or unknown.
    pub(super) fn parameter(name: &str, problem: impl std::fmt::Display) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "bad_parameter",
            parameter: Some(name.to_owned()),
            message: format!("parameter `{name}`: {problem}"),
        }
    }

    /// The error for a request body that cannot be read or is too large.
    pub(super) fn body(problem: impl std::fmt::Display) -> Self {
        Self {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            kind: "bad_body",
            parameter: None,
            message: format!("the request body could not be read: {problem}"),
        }
    }

    /// The error for a path without a route.
    pub(super) fn not_found(message: String) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            kind: "not_found",
            parameter: None,
            message,
        }
    }

    /// The error for a route that breaks HTTP/1.1 itself, requested with another version.
    pub(super) fn needs_http1() -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "needs_http1",
            parameter: None,
            message: "this fault is one of HTTP/1.1: send the request with that version".to_owned(),
        }
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        let body = json!({"error": {
            "message": self.message,
            "type": self.kind,
            "param": self.parameter,
            "code": self.status.as_u16(),
        }});
        (self.status, request::json(body)).into_response()
    }
}
