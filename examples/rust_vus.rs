//! Virtual users written in Rust, on the runner that also drives Lua: each iteration opens an event stream of the built-in
//! target and measures how far apart its first and its last event are.
//!
//! `cargo run --example rust_vus`

#![allow(clippy::print_stdout, reason = "an example shows what it has found")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use ssel::http::{Client, ClientContext, EventSink, EventStream, Request, Settings, StreamOptions};
use ssel::metrics::{Kind, MetricId, Recorder, Registry, Series, Summary, Totals, Unit};
use ssel::options::{Layer, Origin, resolve};
use ssel::runner::{self, Plan};
use ssel::serve::Server;
use ssel::sse::{Event, Flow};
use ssel::vu::{Iteration, IterationError, RunState, Vu, VuFactory, VuInfo};

/// One user: a client with connections and cookies of its own.
struct Reader {
    client: Client,
    url: String,
    recorder: Recorder,
    spread: Series,
}

impl Vu for Reader {
    async fn iterate(&mut self, _: &Iteration) -> Result<(), IterationError> {
        let raised = |error: ssel::http::Error| IterationError::Raised(error.to_string());
        let request = Request::get(&self.url).map_err(raised)?;
        let mut times = Times::default();
        let options = StreamOptions::default();
        let mut stream = EventStream::open(&self.client, request, options, &mut times).await;
        while stream.next(&mut times).await {}
        if let Some(error) = stream.finish(&mut times).error {
            return Err(raised(error));
        }
        if let (Some(first), Some(last)) = (times.0.first(), times.0.last()) {
            self.recorder
                .add(&self.spread, last.saturating_sub(*first).as_secs_f64());
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

/// Makes the users, each on the thread that it then lives on.
struct Readers {
    url: String,
    spread: MetricId,
}

impl VuFactory for Readers {
    type Vu = Reader;

    fn make(&self, info: VuInfo) -> Result<Reader, IterationError> {
        Ok(Reader {
            client: Client::new(ClientContext::for_thread(&Settings::default())),
            url: self.url.clone(),
            spread: info.recorder.series(self.spread, &info.scenario.tags),
            recorder: info.recorder,
        })
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start_background(([127, 0, 0, 1], 0).into())?;
    let mut layer = Layer::new();
    layer.set("vus", 4, Origin::Program);
    layer.set("iterations", 20, Origin::Program);
    let options = resolve(&[layer])?;

    let registry = Registry::new(options.selectors());
    let factory = Readers {
        url: format!("http://{}/.sse?n=3&interval=5ms", server.addr()),
        spread: registry.register("spread", Kind::Trend, Unit::Time)?,
    };
    let handle = runner::run(
        &Plan::from(&options),
        &Arc::new(factory),
        Arc::clone(&registry),
        RunState::new(),
        Arc::new(|event| println!("{event:?}")),
    );
    let end = loop {
        if let Some(end) = handle.wait(Duration::from_secs(1)) {
            break end;
        }
    };

    let mut totals = Totals::new();
    totals.collect(&registry);
    let progress = handle.progress();
    let facts = progress.facts(end.duration);
    let mut summary = Summary::new(&registry, &totals, facts, &[]);
    summary.audit(&progress.client_facts(&end));
    println!(
        "{:?}: {} iterations",
        end.cause, summary.iterations_complete
    );
    if let Some(spread) = summary.metric("spread") {
        let ms = spread.p(50.0).unwrap_or_default() * 1000.0;
        println!("half of the streams took more than {ms:.1} ms from first to last event");
    }
    Ok(())
}
