//! OpenTelemetry: metrics and spans by OTLP over HTTP, as protobuf.
//!
//! Trends are exponential histograms. Metrics of language models have the names of the conventions for generative AI
//! where one exists ([`names`]).

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

use self::metrics::{Interval, OtlpSeries, points};
use self::names::Descriptor;
use self::proto::common::{Resource, Scope};
use self::proto::metrics::{Metric, Temporality};
use self::resource::resource;
use self::settings::{INFERENCE, OtlpOptions};
pub(super) use self::store::read;
use self::traces::Traces;
use crate::control::ControlReply;
use crate::metrics::{Counter, Gauge, SeriesInfo};
use crate::push::{Delivery, Destination, PushRequest, RunContext, SeriesFilter};
use crate::record::{Frame, Point};

/// The approximate limit of points in a request.
const BATCH: u64 = 2_000;

/// The indexes of the resources of the load generator, above those of all series.
const CPU: usize = usize::MAX - 1;
const MEMORY: usize = usize::MAX;

/// A store of the metrics of a run.
struct Metrics {
    options: OtlpOptions,
    resource: Resource,
    series_filter: SeriesFilter,
    aggregations: BTreeMap<usize, OtlpSeries>,
    about: RunContext,
    /// The end of the last frame and the end of the last pushed frame, since the start of the run.
    until: Duration,
    pushed: Duration,
}

impl Metrics {
    fn new(about: RunContext, options: OtlpOptions, tags: &[String]) -> Self {
        let series_filter = SeriesFilter::by(tags);
        let series_filter = match options.inference_tags(tags) {
            Some(tags) => series_filter.and(INFERENCE, &tags),
            None => series_filter,
        };
        Self {
            resource: resource(&about, &options.environment, &options.stated),
            series_filter,
            options,
            aggregations: BTreeMap::new(),
            about,
            until: Duration::ZERO,
            pushed: Duration::ZERO,
        }
    }

    fn request(&self, metrics: Vec<Metric>, points: u64) -> PushRequest {
        wire::request((&self.resource, &scope(&self.about)), metrics, points)
    }
}

impl Destination for Metrics {
    fn take(&mut self, series: &[SeriesInfo], frame: &Frame) {
        for (place, point) in frame.points() {
            if self.series_filter.has(series, place) {
                let OtlpOptions { prefix, genai, .. } = &self.options;
                let named = || Descriptor::of(&series[place], prefix, *genai);
                add(&mut self.aggregations, place, point, named);
            }
        }
        let cpu = Point::Counter(Counter {
            count: frame.client.cpu.as_secs_f64(),
            samples: 1,
        });
        let named = || Descriptor::process("process.cpu.time", "s");
        add(&mut self.aggregations, CPU, &cpu, named);
        if frame.client.memory > 0 {
            let memory = frame.client.memory as f64;
            let memory = Point::Gauge(Gauge::restored(memory, memory, memory));
            let named = || Descriptor::process("process.memory.usage", "By");
            add(&mut self.aggregations, MEMORY, &memory, named);
        }
        self.until = frame.end();
    }

    fn requests(&mut self, _: bool) -> Vec<PushRequest> {
        if self.until == self.pushed {
            return Vec::new();
        }
        let start = match self.options.temporality {
            Temporality::Delta => self.pushed,
            Temporality::Cumulative => Duration::ZERO,
        };
        let interval = Interval {
            start: self.about.at(start),
            time: self.about.at(self.until),
            temporality: self.options.temporality,
        };
        self.pushed = self.until;
        let (mut requests, mut batch, mut sum) = (Vec::new(), Vec::new(), 0);
        for (metric, points) in points(&mut self.aggregations, interval) {
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

    fn classify(&mut self, _: &PushRequest, reply: &ControlReply) -> Delivery {
        wire::classified(reply)
    }
}

fn add(
    aggregations: &mut BTreeMap<usize, OtlpSeries>,
    place: usize,
    point: &Point,
    named: impl FnOnce() -> Descriptor,
) {
    match aggregations.get_mut(&place) {
        Some(aggregation) => aggregation.add(point),
        None => drop(aggregations.insert(place, OtlpSeries::new(named(), point))),
    }
}

/// The instrumentation scope.
fn scope(about: &RunContext) -> Scope {
    Scope {
        name: "ssel".to_owned(),
        version: about.run.version.clone(),
    }
}
