use std::time::Duration;

use super::backoff::retry_after;
use super::{OutputSettings, PushRequest};
use crate::control::{Client, Failure, FailureKind, Method, Reply};

/// Sends requests to a store.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    client: Client,
    url: String,
}

/// The result of one attempt to send a request.
pub(super) enum Attempt {
    /// The answer of the store, and how long it asked to wait before the next request.
    Answered(Reply, Option<Duration>),
    /// No answer.
    Failed(Failure),
}

impl Sender {
    /// # Errors
    /// Invalid settings.
    pub(super) fn new(settings: &OutputSettings) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(&settings.client)?,
            url: settings.url.clone(),
        })
    }

    pub(super) async fn send(self, request: PushRequest) -> Attempt {
        let mut post = self.client.request(Method::POST, &self.url);
        for (name, value) in request.headers {
            post = post.header(name, value);
        }
        match self.client.send(post.body(request.body)).await {
            Ok(mut reply) => {
                let wait = reply.headers.get("retry-after");
                let wait = retry_after(wait.and_then(|wait| wait.to_str().ok()));
                // A body without secrets stays unchanged: it may be binary.
                let text = String::from_utf8_lossy(&reply.body);
                let shown = self.client.without_secrets(&text);
                if shown != text {
                    reply.body = shown.into_bytes().into();
                }
                Attempt::Answered(reply, wait)
            }
            Err(failure) => Attempt::Failed(failure),
        }
    }
}

impl Attempt {
    /// Whether retrying cannot help, because the client itself cannot send the request.
    pub(super) fn is_hopeless(&self) -> bool {
        matches!(self, Self::Failed(failure) if failure.kind == FailureKind::Settings)
    }
}
