//! A request as handlers receive it.

use std::fmt::Display;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Method, Uri, Version, header};
use axum::response::IntoResponse;
use tokio::time::Instant;

use super::failure::ErrorResponse;
use super::params::Params;
use super::stream::{self, BodySender, ResponseEnd};
use super::wire::SharedSocket;

/// The largest accepted request body, in bytes.
const MAX_BODY: usize = 64 << 20;

/// The connection and time of a request; the server attaches it to each request.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    connection: u64,
    request: u64,
    at: Instant,
    wire: Option<Arc<SharedSocket>>,
}

impl Arrival {
    /// `wire` is the socket if the response has it to itself, which excludes HTTP/2.
    pub(super) fn new(connection: u64, request: u64, wire: Option<Arc<SharedSocket>>) -> Self {
        Self {
            connection,
            request,
            at: Instant::now(),
            wire,
        }
    }
}

/// A request with its body.
#[derive(Debug)]
pub(super) struct TargetRequest {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The number of the connection since the server started, from 1.
    pub(super) connection: u64,
    /// The number of the request on its connection, from 1.
    pub(super) number: u64,
    /// When its head was read.
    pub(super) arrived: Instant,
    wire: Option<Arc<SharedSocket>>,
}

impl TargetRequest {
    /// The parameters in query and headers.
    pub(super) fn params(&self) -> Params {
        Params::new(self.uri.query().unwrap_or_default(), &self.headers)
    }

    /// A header, if it is present and text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A response body with the bytes that `produce` sends.
    pub(super) fn stream<F>(&self, produce: impl FnOnce(BodySender) -> F) -> axum::body::Body
    where
        F: Future<Output = ResponseEnd> + Send + 'static,
    {
        stream::body(self.wire.clone(), produce)
    }

    /// The socket, for a fault of HTTP itself.
    pub(super) fn wire(&self) -> Result<Arc<SharedSocket>, ErrorResponse> {
        self.wire.clone().ok_or_else(ErrorResponse::needs_http1)
    }
}

/// A response with a JSON document.
pub(super) fn json(body: impl Display) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (headers, body.to_string())
}

impl<S: Sync> FromRequest<S> for TargetRequest {
    type Rejection = ErrorResponse;

    async fn from_request(request: Request, _: &S) -> Result<Self, ErrorResponse> {
        let (mut head, body) = request.into_parts();
        let arrival = head
            .extensions
            .remove::<Arrival>()
            .unwrap_or_else(|| Arrival::new(0, 0, None));
        let body = axum::body::to_bytes(body, MAX_BODY)
            .await
            .map_err(ErrorResponse::body)?;
        Ok(Self {
            method: head.method,
            uri: head.uri,
            version: head.version,
            headers: head.headers,
            body,
            connection: arrival.connection,
            number: arrival.request,
            arrived: arrival.at,
            wire: arrival.wire,
        })
    }
}
