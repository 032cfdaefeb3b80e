//! A store for tests that receives remote write with planned answers.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use prost::Message;

/// The answer of the store to a request, by its number, from 0, and its content.
type Answer = Box<dyn Fn(usize, &Request) -> String + Send + Sync>;

pub(crate) struct Store {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    done: Arc<AtomicBool>,
    addr: std::net::SocketAddr,
}

/// A received request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) at: Instant,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// The answer of the store.
    pub(crate) answer: String,
}

pub(crate) const OK: &str = "HTTP/1.1 204 No Content\r\n";

impl Store {
    pub(crate) fn start(
        answer: impl Fn(usize, &Request) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let (requests, done) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let store = Self {
            url: format!("http://{addr}"),
            requests: Arc::clone(&requests),
            done: Arc::clone(&done),
            addr,
        };
        let answer: Arc<Answer> = Arc::new(Box::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if done.load(Ordering::Acquire) {
                    return;
                }
                let (requests, answer) = (Arc::clone(&requests), Arc::clone(&answer));
                let Ok(stream) = stream else { continue };
                std::thread::spawn(move || serve(stream, &requests, &**answer));
            }
        });
        store
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The accepted samples, in the order of their arrival, by the name and labels of their series.
    pub(crate) fn series(&self) -> BTreeMap<String, Vec<(i64, f64)>> {
        let mut all: BTreeMap<String, Vec<(i64, f64)>> = BTreeMap::new();
        for request in self
            .requests()
            .iter()
            .filter(|r| r.answer.contains(" 204 "))
        {
            for (labels, samples) in request.series() {
                all.entry(labels).or_default().extend(samples);
            }
        }
        all
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.addr);
    }
}

impl Request {
    pub(crate) fn is_two(&self) -> bool {
        self.head.contains("io.prometheus.write.v2.request")
    }

    /// Its numbers, by the name and labels of their series; for histograms, their counts.
    pub(crate) fn series(&self) -> Vec<(String, Vec<(i64, f64)>)> {
        let body = snap::raw::Decoder::new()
            .decompress_vec(&self.body)
            .unwrap();
        if self.is_two() {
            let request = Two::decode(&*body).unwrap();
            assert_eq!(request.symbols[0], "");
            let text = |place: u32| &*request.symbols[place as usize];
            let one = |series: &TwoSeries| {
                let labels = series
                    .labels
                    .chunks(2)
                    .map(|pair| (text(pair[0]), text(pair[1])));
                let samples = series.samples.iter().map(|s| (s.timestamp, s.value));
                let counts = series.histograms.iter().map(|h| (h.timestamp, h.count()));
                (named(labels), samples.chain(counts).collect())
            };
            return request.series.iter().map(one).collect();
        }
        let request = One::decode(&*body).unwrap();
        let one = |series: &OneSeries| {
            let labels = series
                .labels
                .iter()
                .map(|label| (&*label.name, &*label.value));
            let samples = series.samples.iter().map(|s| (s.timestamp, s.value));
            let counts = series.histograms.iter().map(|h| (h.timestamp, h.count()));
            (named(labels), samples.chain(counts).collect())
        };
        request.series.iter().map(one).collect()
    }

    /// Series of version 2.0 with their types, and whether each sample has a start.
    pub(crate) fn kinds(&self) -> BTreeMap<String, (i32, bool)> {
        let body = snap::raw::Decoder::new()
            .decompress_vec(&self.body)
            .unwrap();
        let request = Two::decode(&*body).unwrap();
        let text = |place: u32| &*request.symbols[place as usize];
        let one = |series: &TwoSeries| {
            let starts = series.samples.iter().map(|s| s.start);
            let starts = starts.chain(series.histograms.iter().map(|h| h.start));
            let has_start = starts.map(|start| start > 0).reduce(|a, b| {
                assert_eq!(a, b);
                a
            });
            let kind = series.metadata.as_ref().map_or(0, |metadata| metadata.kind);
            (
                text(series.labels[1]).to_owned(),
                (kind, has_start.unwrap()),
            )
        };
        request.series.iter().map(one).collect()
    }
}

/// `name{label="value",...}`, after a check of the order.
fn named<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let labels: Vec<_> = labels.collect();
    assert!(labels.is_sorted(), "{labels:?}");
    let name = labels
        .iter()
        .find(|(name, _)| *name == "__name__")
        .unwrap()
        .1;
    let others = labels
        .iter()
        .filter(|(name, _)| !["__name__", "run"].contains(name));
    let others: Vec<String> = others
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{name}{{{}}}", others.join(","))
}

fn serve(
    stream: TcpStream,
    requests: &Mutex<Vec<Request>>,
    answer: &(dyn Fn(usize, &Request) -> String + Send + Sync),
) {
    let mut out = stream.try_clone().unwrap();
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match stream.read_line(&mut head) {
                Ok(n) if n > 0 => {}
                _ => return,
            }
        }
        head.make_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.unwrap().trim().parse().unwrap()];
        if stream.read_exact(&mut body).is_err() {
            return;
        }
        let mut request = Request {
            at: Instant::now(),
            head,
            body,
            answer: String::new(),
        };
        let number = requests.lock().unwrap().len();
        request.answer = answer(number, &request);
        let said = format!("{}content-length: 0\r\n\r\n", request.answer);
        requests.lock().unwrap().push(request);
        if out.write_all(said.as_bytes()).is_err() {
            return;
        }
    }
}

// The messages of the specifications, independent of the code that sends them.

#[derive(Clone, PartialEq, prost::Message)]
struct One {
    #[prost(message, repeated, tag = "1")]
    series: Vec<OneSeries>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct OneSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    histograms: Vec<Histogram>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
    #[prost(int64, tag = "3")]
    start: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Histogram {
    #[prost(uint64, tag = "1")]
    whole: u64,
    #[prost(double, tag = "3")]
    sum: f64,
    #[prost(int64, tag = "15")]
    timestamp: i64,
    #[prost(int64, tag = "17")]
    start: i64,
}

impl Histogram {
    #[expect(clippy::cast_precision_loss, reason = "counts of a test are small")]
    fn count(&self) -> f64 {
        if self.sum.is_nan() {
            self.sum
        } else {
            self.whole as f64
        }
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct Two {
    #[prost(string, repeated, tag = "4")]
    symbols: Vec<String>,
    #[prost(message, repeated, tag = "5")]
    series: Vec<TwoSeries>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct TwoSeries {
    #[prost(uint32, repeated, tag = "1")]
    labels: Vec<u32>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    histograms: Vec<Histogram>,
    #[prost(message, optional, tag = "5")]
    metadata: Option<Metadata>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Metadata {
    #[prost(int32, tag = "1")]
    kind: i32,
}
