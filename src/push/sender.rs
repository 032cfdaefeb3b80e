use std::time::Duration;

use super::backoff::retry_after;
use super::{OutputSettings, PushRequest};
use crate::control::{Client, Failure, FailureKind, Method, Reply};

/// Sends single requests to a store.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    client: Client,
    url: String,
}

/// What came of sending a request once.
pub(super) enum Attempt {
    /// The store answered, and may have said when it wants to be asked again.
    Answered(Reply, Option<Duration>),
    /// It did not.
    Failed(Failure),
}

impl Sender {
    /// # Errors
    /// OutputSettings that no client can have.
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
                // What holds none stays as it is: it need not be text.
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
    /// Whether the client itself cannot send such a request, however often it tries.
    pub(super) fn is_hopeless(&self) -> bool {
        matches!(self, Self::Failed(failure) if failure.kind == FailureKind::Settings)
    }
}
