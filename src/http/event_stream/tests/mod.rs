//! Streams against scripted servers.

mod bounds; // limits on time and number
mod cuts; // a stream cut at every byte
mod reading; // what is delivered, and what is not a stream
mod reconnecting; // the rules of EventSource

use std::time::Duration;

use super::{Attempt, EventSink, EventStream, StreamOptions, StreamOutcome};
use crate::http::tests::support::client;
use crate::http::{Client, Request};
use crate::sse::{Event, Flow, text};

/// Keeps events and comments as text.
#[derive(Debug, Default)]
struct Heard {
    events: Vec<String>,
    times: Vec<Duration>,
    comments: Vec<String>,
    /// Each attempt: its error, if any, and the pause until the next one.
    attempts: Vec<(Option<&'static str>, Option<Duration>)>,
    /// Stops after this many events.
    enough: Option<usize>,
}

impl EventSink for Heard {
    fn event(&mut self, at: Duration, event: &Event<'_>) -> Flow {
        self.events.push(text(event.data).into_owned());
        self.times.push(at);
        if self.enough == Some(self.events.len()) {
            Flow::Stop
        } else {
            Flow::Continue
        }
    }

    fn comment(&mut self, _: Duration, comment: &[u8]) -> Flow {
        self.comments.push(text(comment).into_owned());
        Flow::Continue
    }

    fn attempted(&mut self, attempt: &Attempt<'_>) {
        let kind = attempt.error.map(|error| error.kind.as_str());
        self.attempts.push((kind, attempt.retry_in));
    }
}

impl Heard {
    /// Reads to the end.
    async fn listen(&mut self, stream: &mut EventStream) -> StreamOutcome {
        while stream.next(self).await {}
        assert!(!stream.next(self).await);
        stream.outcome().clone()
    }
}

/// Opens a stream and reads it to its end.
async fn whole(
    client: &Client,
    request: Request,
    options: StreamOptions,
) -> (Heard, StreamOutcome) {
    let mut heard = Heard::default();
    let mut stream = EventStream::open(client, request, options, &mut heard).await;
    let outcome = heard.listen(&mut stream).await;
    (heard, outcome)
}

async fn listen(request: Request, options: StreamOptions) -> (Heard, StreamOutcome) {
    whole(&client(), request, options).await
}

fn kind(outcome: &StreamOutcome) -> Option<&'static str> {
    outcome.error.as_ref().map(|error| error.kind.as_str())
}
