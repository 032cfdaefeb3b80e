//! Encodes requests of both protocol versions.

use std::collections::HashMap;

use bytes::Bytes;
use prost::Message;

use super::sample::{Kind, PushedSeries, Samples};
use super::wire::{NumberSample, v1, v2};
use crate::push::PushRequest;

/// A version of remote write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

impl Version {
    fn headers(self) -> Vec<(&'static str, &'static str)> {
        let (kind, version) = match self {
            Self::One => ("application/x-protobuf", "0.1.0"),
            Self::Two => (
                "application/x-protobuf;proto=io.prometheus.write.v2.Request",
                "2.0.0",
            ),
        };
        vec![
            ("content-type", kind),
            ("content-encoding", "snappy"),
            ("x-prometheus-remote-write-version", version),
        ]
    }
}

/// Encodes a request with these series, which have been counted since `started`.
pub(super) fn request(version: Version, series: &[PushedSeries], started: i64) -> PushRequest {
    let samples = series.iter().map(|series| series.samples.len() as u64);
    let message = message(series, started);
    let body = match version {
        Version::One => in_version_one(message).encode_to_vec(),
        Version::Two => message.encode_to_vec(),
    };
    PushRequest {
        headers: version.headers(),
        body: compressed(&body),
        samples: samples.sum(),
    }
}

/// Converts a request of version 2.0 to version 1.0; any other request is returned unchanged.
pub(super) fn as_one(request: PushRequest) -> PushRequest {
    let body = snap::raw::Decoder::new().decompress_vec(&request.body);
    let message = body.ok().and_then(|body| v2::Request::decode(&*body).ok());
    let Some(message) = message.filter(|message| !message.symbols.is_empty()) else {
        return request;
    };
    PushRequest {
        headers: Version::One.headers(),
        body: compressed(&in_version_one(message).encode_to_vec()),
        samples: request.samples,
    }
}

fn in_version_one(message: v2::Request) -> v1::WriteRequest {
    let v2::Request {
        symbols,
        timeseries,
    } = message;
    let text = |place: u32| symbols.get(place as usize).cloned().unwrap_or_default();
    let label = |pair: &[u32]| v1::Label {
        name: text(pair[0]),
        value: text(pair[1]),
    };
    let series = timeseries.into_iter().map(|mut series| {
        for sample in &mut series.samples {
            sample.start_timestamp = 0;
        }
        for histogram in &mut series.histograms {
            histogram.start_timestamp = 0;
        }
        v1::TimeSeries {
            labels: series.labels_refs.chunks_exact(2).map(label).collect(),
            samples: series.samples,
            histograms: series.histograms,
        }
    });
    v1::WriteRequest {
        timeseries: series.collect(),
    }
}

fn message(series: &[PushedSeries], started: i64) -> v2::Request {
    let mut symbols = Symbols::default();
    symbols.place("");
    let mut timeseries = Vec::with_capacity(series.len());
    for series in series {
        let mut out = v2::TimeSeries::default();
        for (name, value) in series.labels.iter() {
            out.labels_refs.push(symbols.place(name));
            out.labels_refs.push(symbols.place(value));
        }
        // Gauges have no start.
        let start_timestamp = match series.kind {
            Kind::Gauge => 0,
            Kind::Counter | Kind::Histogram => started,
        };
        match &series.samples {
            Samples::Histograms(histograms) => {
                out.histograms.clone_from(histograms);
                for histogram in &mut out.histograms {
                    histogram.start_timestamp = start_timestamp;
                }
            }
            Samples::Numbers(numbers) => {
                let sample = |&(timestamp, value): &(i64, f64)| NumberSample {
                    value,
                    timestamp,
                    start_timestamp,
                };
                out.samples = numbers.iter().map(sample).collect();
            }
        }
        out.metadata = Some(v2::Metadata {
            r#type: series.kind as i32,
        });
        timeseries.push(out);
    }
    v2::Request {
        symbols: symbols.list,
        timeseries,
    }
}

/// The symbol table: each string once.
#[derive(Default)]
struct Symbols {
    list: Vec<String>,
    places: HashMap<String, u32>,
}

impl Symbols {
    fn place(&mut self, text: &str) -> u32 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        // A request has a few thousand series.
        let place = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }
}

fn compressed(body: &[u8]) -> Bytes {
    // It fails only beyond 4 GiB, and requests are bounded.
    let compressed = snap::raw::Encoder::new().compress_vec(body);
    compressed.unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{STALE, histogram};
    use super::super::wire::ResetHint;
    use super::*;
    use crate::metrics::{Exponential, Layout, Trend, Unit};

    #[test]
    fn a_request_of_version_two_becomes_one_of_version_one() {
        let labels = |name: &str| {
            let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            vec![pair("__name__", name), pair("run", "r")].into()
        };
        let mut trend = Trend::new(Unit::Time);
        for n in 1..50 {
            trend.add(f64::from(n) * 0.01, 1);
        }
        let all = Exponential::of(&trend.histogram(), 160, Layout::Sparse);
        let series = [
            PushedSeries {
                labels: labels("a_total"),
                kind: Kind::Counter,
                samples: Samples::Numbers(vec![(1, 0.0), (2, 5.0), (3, STALE)]),
            },
            PushedSeries {
                labels: labels("b_seconds"),
                kind: Kind::Histogram,
                samples: Samples::Histograms(vec![histogram(&all, 5, ResetHint::No)]),
            },
        ];
        let two = request(Version::Two, &series, 1);
        assert_eq!(as_one(two), request(Version::One, &series, 1));
        let one = request(Version::One, &series, 1);
        assert_eq!((as_one(one.clone()), one.samples), (one, 4));
    }
}
