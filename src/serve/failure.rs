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
    fn new(status: StatusCode, kind: &'static str, message: String) -> Self {
        Self {
            status,
            kind,
            parameter: None,
            message,
        }
    }

    /// The error for a parameter that is missing, malformed, out of range or unknown.
    pub(super) fn parameter(name: &str, problem: impl std::fmt::Display) -> Self {
        let message = format!("parameter `{name}`: {problem}");
        Self {
            parameter: Some(name.to_owned()),
            ..Self::new(StatusCode::BAD_REQUEST, "bad_parameter", message)
        }
    }

    /// The error for a request body that cannot be read or is too large.
    pub(super) fn body(problem: impl std::fmt::Display) -> Self {
        let message = format!("the request body could not be read: {problem}");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "bad_body", message)
    }

    /// The error for a path without a route.
    pub(super) fn not_found(message: String) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// The error for a route that breaks HTTP/1.1 itself, requested with another version.
    pub(super) fn needs_http1() -> Self {
        let message = "this fault exists only in HTTP/1.1: send the request with that version";
        Self::new(StatusCode::BAD_REQUEST, "needs_http1", message.to_owned())
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
