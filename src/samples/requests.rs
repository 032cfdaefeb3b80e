//! Requests of VUs written in Rust.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::{OpenStreams, RequestOutcome, Requester, StreamSamples};
use crate::http::{
    self, Attempt, Client, EventSink, EventStream, Head, Request, StreamOptions, StreamOutcome,
};
use crate::metrics::{Recorder, Tags};
use crate::sse::{Event, Flow};
use crate::vu::{Iteration, RunState, VuInfo};

/// The maximum length of a body, as in scripts; a longer one is an error.
const MAX_BODY: usize = 32 << 20;

/// The common settings of the requests of all VUs: the options of the run for HTTP.
#[derive(Debug, Clone, Default)]
pub struct Connections {
    /// The settings of the HTTP client of each VU.
    pub(crate) settings: http::Settings,
    /// Whether the connections of a VU are closed after each iteration.
    pub(crate) close_after_iteration: bool,
    /// Whether the cookies of a VU are kept between iterations.
    pub(crate) keep_cookies: bool,
    /// The open streams of all VUs.
    pub(crate) open_streams: Arc<OpenStreams>,
}

impl Connections {
    /// A client with these settings, on this thread.
    pub(crate) fn client(&self) -> Client {
        Client::new(http::ClientContext::for_thread(&self.settings))
    }

    /// Removes the cookies and connections of `client` that are not kept between iterations.
    pub(crate) fn end_iteration(&self, client: &Client) {
        if !self.keep_cookies {
            client.jar().clear();
        }
        if self.close_after_iteration {
            client.close_idle();
        }
    }
}

/// The HTTP client of a VU written in Rust: every request is recorded in the metrics of the run (`http_reqs`,
/// `http_req_duration`, `sse_event`, …), as the requests of scripts are.
///
/// Connections and cookies belong to the VU. The options of the run determine how long they are kept.
pub struct Requests(Rc<User>);

struct User {
    connections: Connections,
    client: Client,
    vu: VuInfo,
    iteration: Cell<Option<Iteration>>,
}

impl Requests {
    /// The client of the VU that `vu` describes. Create it on the thread of the VU, in
    /// [`VuFactory::make`](crate::vu::VuFactory::make).
    pub fn new(connections: &Connections, vu: &VuInfo) -> Self {
        Self(Rc::new(User {
            client: connections.client(),
            connections: connections.clone(),
            vu: vu.clone(),
            iteration: Cell::new(None),
        }))
    }

    /// Sends `request` and reads the response to its end. A body of more than 32 MiB is an error.
    pub async fn send(&self, iteration: &Iteration, request: Request) -> RequestOutcome {
        self.begin(iteration);
        RequestOutcome::run(&*self.0, request, &Tags::new(), MAX_BODY).await
    }

    /// Opens an event stream and passes its events to `sink` until the stream ends or `sink` stops it.
    pub async fn stream(
        &self,
        iteration: &Iteration,
        mut request: Request,
        options: StreamOptions,
        sink: &mut impl EventSink,
    ) -> StreamOutcome {
        self.begin(iteration);
        let samples = StreamSamples::new(Rc::clone(&self.0), &mut request, &Tags::new());
        let mut stream = RecordedStream {
            events: EventStream::new(&self.0.client, request, options),
            sink: Measured { sink, samples },
            is_over: false,
        };
        while stream.events.next(&mut stream.sink).await {
            stream.sink.samples.progress(stream.events.outcome());
        }
        stream.end()
    }

    fn begin(&self, iteration: &Iteration) {
        let user = &*self.0;
        let before = user.iteration.replace(Some(*iteration));
        if before.is_some_and(|before| before.number_in_vu != iteration.number_in_vu) {
            user.connections.end_iteration(&user.client);
        }
    }
}

impl Requester for User {
    fn recorder(&self) -> &Recorder {
        &self.vu.recorder
    }

    fn tags(&self) -> Tags {
        self.vu.scenario.tags.clone()
    }

    fn client(&self) -> Client {
        self.client.clone()
    }

    fn vu(&self) -> u64 {
        self.vu.id
    }

    fn iteration(&self) -> Option<Iteration> {
        self.iteration.get()
    }

    fn run(&self) -> &RunState {
        &self.vu.run
    }

    fn open_streams(&self) -> &OpenStreams {
        &self.connections.open_streams
    }
}

/// A stream that is recorded at its end, even if its iteration is interrupted.
struct RecordedStream<'a, S: EventSink> {
    events: EventStream,
    sink: Measured<'a, S>,
    is_over: bool,
}

impl<S: EventSink> RecordedStream<'_, S> {
    fn end(&mut self) -> StreamOutcome {
        self.is_over = true;
        let outcome = self.events.finish(&mut self.sink);
        self.sink.samples.ended(&outcome, self.events.head());
        outcome
    }
}

impl<S: EventSink> Drop for RecordedStream<'_, S> {
    fn drop(&mut self) {
        if !self.is_over {
            self.end();
        }
    }
}

struct Measured<'a, S> {
    sink: &'a mut S,
    samples: StreamSamples<User>,
}

impl<S: EventSink> EventSink for Measured<'_, S> {
    fn event(&mut self, at: Duration, event: &Event<'_>) -> Flow {
        self.samples.events(at.as_secs_f64(), 1);
        self.sink.event(at, event)
    }

    fn comment(&mut self, at: Duration, text: &[u8]) -> Flow {
        self.sink.comment(at, text)
    }

    fn opened(&mut self, head: &Head) {
        self.samples.opened(head);
        self.sink.opened(head);
    }

    fn attempted(&mut self, attempt: &Attempt<'_>) {
        self.samples.attempted(attempt);
        self.sink.attempted(attempt);
    }
}
