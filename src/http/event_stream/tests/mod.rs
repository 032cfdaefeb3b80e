//! Streams against scripted servers.

mod bounds; // limits on time and number
mod cuts; // a stream cut at every byte
mod reading; // what is delivered, and what is no stream
mod reconnecting; // the rules of EventSource

use std::time::Duration;

use super::{EventSink, EventStream, Interruption, Outcome, StreamOptions};
use crate::http::tests::support::client;
use crate::http::{Client, Request};
use crate::sse::{Event, Flow, text};

/// Keeps what it hears, as text.
#[derive(Debug, Default)]
struct Ear {
    events: Vec<String>,
    times: Vec<Duration>,
    comments: Vec<String>,
    interruptions: Vec<(Option<&'static str>, Duration)>,
    /// Wants no more after so many events.
    enough: Option<usize>,
}

impl EventSink for Ear {
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

    fn interrupted(&mut self, interruption: &Interruption<'_>) {
        let kind = interruption.error.map(|error| error.kind().as_str());
        self.interruptions.push((kind, interruption.pause));
    }
}

impl Ear {
    /// Listens to the end.
    async fn hear(&mut self, stream: &mut EventStream) -> Outcome {
        while stream.next(self).await {}
        assert!(!stream.next(self).await);
        stream.outcome().clone()
    }
}

/// Opens a stream, listens to its end, and tells what there was.
async fn whole(client: &Client, request: Request, options: StreamOptions) -> (Ear, Outcome) {
    let mut ear = Ear::default();
    let mut stream = EventStream::open(client, request, options).await;
    let outcome = ear.hear(&mut stream).await;
    (ear, outcome)
}

async fn listen(request: Request, options: StreamOptions) -> (Ear, Outcome) {
    whole(&client(), request, options).await
}

fn kind(outcome: &Outcome) -> Option<&'static str> {
    outcome.error.as_ref().map(|error| error.kind().as_str())
}
