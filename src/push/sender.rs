//! Sends one request to a store.

use std::time::Duration;

use super::PushRequest;
use super::backoff::retry_after;
use crate::control::{ControlClient, ControlError, ControlReply, Method};

/// Sends a request. Returns the answer of the store without secrets, and the wait before the next request that the store
/// requested.
///
/// # Errors
/// No answer.
pub(super) async fn send(
    client: ControlClient,
    url: String,
    request: PushRequest,
) -> Result<(ControlReply, Option<Duration>), ControlError> {
    let mut post = client.request(Method::POST, &url);
    for (name, value) in request.headers {
        post = post.header(name, value);
    }
    let mut reply = client.send(post.body(request.body)).await?;
    let wait = reply.headers.get("retry-after");
    let wait = retry_after(wait.and_then(|wait| wait.to_str().ok()));
    // A body without secrets stays unchanged: it may be binary.
    let text = String::from_utf8_lossy(&reply.body);
    let shown = client.without_secrets(&text);
    if shown != text {
        reply.body = shown.into_bytes().into();
    }
    Ok((reply, wait))
}
