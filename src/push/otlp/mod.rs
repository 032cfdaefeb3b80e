//! OpenTelemetry: metrics and spans by OTLP over HTTP, as protobuf.
//!
//! Trends are exponential histograms. The figures of language models have the names of the conventions for generative AI
//! where those have one ([`names`]).

mod attributes;
mod metrics;
mod names;
mod proto;
mod resource;
mod settings;
mod store;
mod traces;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use prost::Message;

use self::metrics::{Span, State, points};
use self::names::Named;
use self::proto::common::{Resource, Scope};
use self::proto::metrics::{ExportRequest, Metric, ResourceMetrics, ScopeMetrics, Temporality};
use self::resource::resource;
use self::settings::{INFERENCE, Options};
pub(super) use self::store::read;
use self::traces::Traces;
use crate::control::Reply;
use crate::metrics::{Counter, Gauge, SeriesInfo};
use crate::push::{About, Choice, Destination, Request, Verdict};
use crate::record::{Frame, Point};

/// At most about so many points are in a request.
const BATCH: u64 = 2_000;

/// The places of what the load generator itself takes, beyond those of all series.
const CPU: usize = usize::MAX - 1;
const MEMORY: usize = usize::MAX;

/// A store of the metrics of a run.
struct Metrics {
    options: Options,
    resource: Resource,
    choice: Choice,
    states: BTreeMap<usize, State>,
    about: About,
    /// Until when there are frames, and until when they are pushed, since the start of the run.
    until: Duration,
    pushed: Duration,
}

impl Metrics {
    fn new(about: About, options: Options, tags: &[String]) -> Self {
        let choice = Choice::by(tags);
        let choice = match options.inference_tags(tags) {
            Some(tags) => choice.and(INFERENCE, &tags),
            None => choice,
        };
        Self {
            resource: resource(&about, &options.environment, &options.stated),
            choice,
            options,
            states: BTreeMap::new(),
            about,
            until: Duration::ZERO,
            pushed: Duration::ZERO,
        }
    }

    fn request(&self, metrics: Vec<Metric>, points: u64) -> Request {
        let scope_metrics = vec![ScopeMetrics {
            scope: Some(scope(&self.about)),
            metrics,
        }];
        let message = ExportRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: Some(self.resource.clone()),
                scope_metrics,
            }],
        };
        wire::request(&message.encode_to_vec(), points)
    }
}

impl Destination for Metrics {
    fn take(&mut self, series: &[SeriesInfo], frame: &Frame) {
        for (place, point) in frame.points() {
            if self.choice.has(series, place) {
                let Options { prefix, genai, .. } = &self.options;
                let named = || Named::of(&series[place], prefix, *genai);
                add(&mut self.states, place, point, named);
            }
        }
        let cpu = Point::Counter(Counter {
            count: frame.client.cpu.as_secs_f64(),
            samples: 1,
        });
        let named = || Named::process("process.cpu.time", "s");
        add(&mut self.states, CPU, &cpu, named);
        if frame.client.memory > 0 {
            let memory = frame.client.memory as f64;
            let memory = Point::Gauge(Gauge::restored(memory, memory, memory));
            let named = || Named::process("process.memory.usage", "By");
            add(&mut self.states, MEMORY, &memory, named);
        }
        self.until = frame.end();
    }

    fn requests(&mut self, _: bool) -> Vec<Request> {
        if self.until == self.pushed {
            return Vec::new();
        }
        let start = match self.options.temporality {
            Temporality::Delta => self.pushed,
            _ => Duration::ZERO,
        };
        let span = Span {
            start: self.about.at(start),
            time: self.about.at(self.until),
            temporality: self.options.temporality,
        };
        self.pushed = self.until;
        let (mut requests, mut batch, mut sum) = (Vec::new(), Vec::new(), 0);
        for (metric, points) in points(&mut self.states, span) {
            batch.push(metric);
            sum += points;
            if sum >= BATCH {
                requests.push(self.request(std::mem::take(&mut batch), sum));
                sum = 0;
            }
        }
        if !batch.is_empty() {
            requests.push(self.request(batch, sum));
        }
        requests
    }

    fn judge(&mut self, _: &Request, reply: &Reply) -> Verdict {
        wire::judged(reply)
    }
}

fn add(
    states: &mut BTreeMap<usize, State>,
    place: usize,
    point: &Point,
    named: impl FnOnce() -> Named,
) {
    match states.get_mut(&place) {
        Some(state) => state.add(point),
        None => drop(states.insert(place, State::new(named(), point))),
    }
}

/// What made the measurements.
fn scope(about: &About) -> Scope {
    Scope {
        name: "ssel".to_owned(),
        version: about.run.version.clone(),
    }
}
