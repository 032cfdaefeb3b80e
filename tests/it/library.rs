//! VUs written in Rust: the figures match the counts of the VUs, however the run ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use ssel::http::{EventSink, Request, StreamOptions};
use ssel::metrics::MetricSummary;
use ssel::serve::Server;
use ssel::sse::{Event, Flow};
use ssel::vu::{Iteration, IterationError, Vu, VuFactory, VuInfo};
use ssel::{Connections, Error, LlmBench, Requests, Run, Summary, Verdict};

/// The counts of all VUs.
#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    events: AtomicU64,
}

#[derive(Clone)]
struct Readers {
    connections: Connections,
    url: String,
    counts: Arc<Counts>,
}

struct Reader {
    requests: Requests,
    readers: Readers,
}

struct Counter<'a>(&'a AtomicU64);

impl EventSink for Counter<'_> {
    fn event(&mut self, _: Duration, _: &Event<'_>) -> Flow {
        self.0.fetch_add(1, Relaxed);
        Flow::Continue
    }
}

impl Vu for Reader {
    async fn iterate(&mut self, iteration: &Iteration) -> Result<(), IterationError> {
        let request = Request::get(&self.readers.url).map_err(|error| error.to_string())?;
        let counts = &self.readers.counts;
        counts.requests.fetch_add(1, Relaxed);
        let mut sink = Counter(&counts.events);
        let options = StreamOptions::default();
        self.requests
            .stream(iteration, request, options, &mut sink)
            .await;
        Ok(())
    }
}

impl VuFactory for Readers {
    type Vu = Reader;

    fn make(&self, vu: VuInfo) -> Result<Reader, IterationError> {
        Ok(Reader {
            requests: Requests::new(&self.connections, &vu),
            readers: self.clone(),
        })
    }
}

fn readers(path: &str) -> (Run, Arc<Counts>) {
    let server = Server::start_background(([127, 0, 0, 1], 0).into()).unwrap();
    let url = format!("http://{}{path}", server.addr());
    let counts = Arc::new(Counts::default());
    let for_vus = Arc::clone(&counts);
    let run = Run::vus("readers", move |setup| {
        // The server lives as long as the run.
        let _ = Box::leak(Box::new(server));
        Ok(Readers {
            connections: setup.connections(),
            url,
            counts: for_vus,
        })
    });
    (run.option("vus", 5), counts)
}

fn count(summary: &Summary, metric: &str) -> f64 {
    let metric = summary.metric(metric);
    metric.and_then(MetricSummary::count).unwrap_or_default()
}

#[test]
fn interrupted_streams_are_recorded() {
    let (run, counts) = readers("/.sse?interval=5ms");
    let run = run.option("duration", "1s").option("graceful_stop", "0s");
    let ended = run.run().unwrap();
    assert_eq!(ended.verdict, Verdict::Passed);
    let (events, requests) = (counts.events.load(Relaxed), counts.requests.load(Relaxed));
    assert!(events > 5, "{events}");
    assert_eq!(count(&ended.summary, "sse_event"), events as f64);
    assert_eq!(count(&ended.summary, "http_reqs"), requests as f64);
    assert_eq!(ended.summary.iterations_interrupted, 5);
}

#[test]
fn completed_streams_are_recorded_and_evaluated_by_thresholds() {
    let (run, counts) = readers("/.sse?n=7&interval=1ms");
    let run = run
        .option("iterations", 40)
        .threshold("sse_event", "count==280")
        .threshold("sse_event", "count<10");
    let ended = run.run().unwrap();
    assert_eq!(counts.events.load(Relaxed), 280);
    let Verdict::Thresholds(failed) = &ended.verdict else {
        panic!("{:?}", ended.verdict);
    };
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(count(&ended.summary, "http_reqs"), 40.0);
    assert_eq!(ended.summary.iterations_complete, 40);
}

#[test]
fn a_run_is_saved_and_its_record_returned() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.ssel");
    let (run, counts) = readers("/.sse?n=3&interval=1ms");
    let run = run.option("iterations", 20).save(&file).record();
    let kept = run.run().unwrap().record.expect("a record");
    let saved = ssel::saved::read(&file).unwrap();
    for record in [&kept, &saved] {
        assert_eq!(record.runs.len(), 1);
        assert_eq!(record.runs[0].name, "readers");
        assert_eq!(record.failures.len(), 0);
        let events = count(&record.summary(), "sse_event");
        assert_eq!(events, counts.events.load(Relaxed) as f64);
    }
}

#[test]
fn an_error_of_preparing_vus_is_the_error_of_the_run() {
    let run = Run::vus("readers", |_| {
        Err::<Readers, _>("there is no list of users".into())
    });
    let error = run.run().unwrap_err();
    assert!(matches!(error, Error::Vus(_)), "{error:?}");
    assert_eq!(error.to_string(), "there is no list of users");
}

#[test]
fn a_benchmark_returns_its_figures() {
    let server = Server::start_background(([127, 0, 0, 1], 0).into()).unwrap();
    let url = format!("http://{}/v1", server.addr());
    let ended = LlmBench::new(url)
        .model("any")
        .concurrency(3)
        .requests(12)
        .output_tokens(9)
        .run()
        .unwrap();
    assert_eq!(ended.verdict, Verdict::Passed);
    assert_eq!((ended.result.completed, ended.result.failed), (12, 0));
    assert_eq!(ended.result.output_tokens, 12 * 9);
    assert!(ended.result.ttft.median > 0.0);
}

#[test]
fn a_benchmark_without_a_server_is_an_error() {
    let error = LlmBench::new("http://127.0.0.1:1").run().unwrap_err();
    assert!(matches!(error, Error::Server(_)), "{error:?}");
}
