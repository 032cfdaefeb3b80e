//! VUs written in Rust: each iteration opens an event stream of the built-in target and measures the time from its first
//! event to its last. Requests and streams are recorded in the built-in metrics too.
//!
//! `cargo run --example rust_vus`

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;
use std::time::Duration;

use ssel::http::{EventSink, Request, StreamOptions};
use ssel::metrics::{MetricId, MetricKind, MetricSummary, Recorder, Series, Unit};
use ssel::serve::Server;
use ssel::sse::{Event, Flow};
use ssel::vu::{Iteration, IterationError, Vu, VuFactory, VuInfo};
use ssel::{Connections, Requests, Run};

/// One user, with its own connections and cookies.
struct Reader {
    requests: Requests,
    url: String,
    recorder: Recorder,
    spread: Series,
}

impl Vu for Reader {
    async fn iterate(&mut self, iteration: &Iteration) -> Result<(), IterationError> {
        let request = Request::get(&self.url).map_err(|error| error.to_string())?;
        let mut times = Times::default();
        let options = StreamOptions::default();
        let outcome = self
            .requests
            .stream(iteration, request, options, &mut times)
            .await;
        if let Some(error) = outcome.error {
            return Err(error.to_string().into());
        }
        if let (Some(first), Some(last)) = (times.0.first(), times.0.last()) {
            let spread = last.saturating_sub(*first);
            self.recorder.add(&self.spread, spread.as_secs_f64());
        }
        Ok(())
    }
}

/// When events arrived, since the start of the request.
#[derive(Default)]
struct Times(Vec<Duration>);

impl EventSink for Times {
    fn event(&mut self, at: Duration, _: &Event<'_>) -> Flow {
        self.0.push(at);
        Flow::Continue
    }
}

/// Makes the users, each on the thread that it stays on.
struct Readers {
    connections: Connections,
    url: String,
    spread: MetricId,
}

impl VuFactory for Readers {
    type Vu = Reader;

    fn make(&self, vu: VuInfo) -> Result<Reader, IterationError> {
        Ok(Reader {
            requests: Requests::new(&self.connections, &vu),
            url: self.url.clone(),
            spread: vu.recorder.series(self.spread, &vu.scenario.tags),
            recorder: vu.recorder,
        })
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start_background(([127, 0, 0, 1], 0).into())?;
    let url = format!("http://{}/.sse?n=3&interval=5ms", server.addr());
    let readers = Run::vus("readers", |setup| {
        let spread = setup.metric("spread", MetricKind::Trend, Unit::Time);
        Ok(Readers {
            connections: setup.connections(),
            url,
            spread: spread.map_err(|error| error.to_string())?,
        })
    });
    let ended = readers
        .option("vus", 4)
        .option("iterations", 20)
        .threshold("spread", "p(95)<1s")
        .threshold("sse_errors", "count==0")
        .run()?;

    let metric = |name: &str| ended.summary.metric(name);
    let events = metric("sse_event").and_then(MetricSummary::count);
    println!("{:?}: {} events", ended.verdict, events.unwrap_or_default());
    if let Some(median) = metric("spread").and_then(|spread| spread.p(50.0)) {
        let ms = median * 1000.0;
        println!("half of the streams took more than {ms:.1} ms from first to last event");
    }
    Ok(())
}
