//! The messages from parts to part 0, as protocol buffers.
//!
//! Counts and cells are varints, and a cell is stored as the difference to the previous one, so that a second of a
//! series takes some tens of bytes. This module validates everything that comes from the network.

mod cells;

use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::cells::Packed;
use crate::metrics::{Counter, Failures, Gauge, Histogram, MetricKind, Rate, SeriesInfo};
use crate::record::{ClientUse, Frame, Point};

/// Consecutively numbered messages, in order.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct MessageBatch {
    /// The number of the first message.
    #[prost(uint64, tag = "1")]
    pub(super) first: u64,
    #[prost(message, repeated, tag = "2")]
    pub(super) messages: Vec<PartMessage>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PartMessage {
    #[prost(oneof = "Content", tags = "1, 2, 3, 4, 5, 6")]
    pub(super) content: Option<Content>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Content {
    /// A new series, as JSON; series are numbered in the order of their messages.
    #[prost(string, tag = "1")]
    Series(String),
    #[prost(message, tag = "2")]
    Frame(FrameMessage),
    /// All VUs exist.
    #[prost(bool, tag = "3")]
    Ready(bool),
    /// When the load actually started, in nanoseconds of part 0's clock.
    #[prost(int64, tag = "4")]
    Begun(i64),
    #[prost(message, tag = "5")]
    Heartbeat(Heartbeat),
    /// The end of the part's load, as JSON.
    #[prost(string, tag = "6")]
    End(String),
}

/// The progress of a part.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Heartbeat {
    /// Active VUs.
    #[prost(uint64, tag = "1")]
    pub vus: u64,
    /// VUs that exist.
    #[prost(uint64, tag = "2")]
    pub made: u64,
    /// Completed iterations.
    #[prost(uint64, tag = "3")]
    pub complete: u64,
    /// Interrupted iterations.
    #[prost(uint64, tag = "4")]
    pub interrupted: u64,
    /// VUs inside an iteration.
    #[prost(uint64, tag = "5")]
    pub busy: u64,
    /// The largest possible number of VUs.
    #[prost(uint64, tag = "6")]
    pub most: u64,
    /// Iterations to perform, over the scenarios that have a number of them.
    #[prost(uint64, tag = "7")]
    pub total: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct FrameMessage {
    /// Microseconds since the start of the run.
    #[prost(uint64, tag = "1")]
    start: u64,
    #[prost(uint64, tag = "2")]
    length: u64,
    #[prost(message, repeated, tag = "3")]
    points: Vec<PointMessage>,
    /// Failures, each as JSON.
    #[prost(string, repeated, tag = "4")]
    failures: Vec<String>,
    #[prost(uint64, tag = "5")]
    cpu: u64,
    #[prost(uint64, tag = "6")]
    memory: u64,
}

/// The kind of the series determines which fields are set.
#[derive(Clone, PartialEq, prost::Message)]
struct PointMessage {
    /// The number of its series.
    #[prost(uint32, tag = "1")]
    series: u32,
    /// Samples of a counter or a rate.
    #[prost(uint64, tag = "2")]
    count: u64,
    /// Passes of a rate.
    #[prost(uint64, tag = "3")]
    passes: u64,
    /// The sum of a counter or a trend, or the value of a gauge.
    #[prost(double, tag = "4")]
    value: f64,
    #[prost(double, tag = "5")]
    min: f64,
    #[prost(double, tag = "6")]
    max: f64,
    /// Cells of a trend, see [`cells`].
    #[prost(bytes = "bytes", tag = "9")]
    cells: Bytes,
}

/// Bytes that are not a valid message of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a message of a part")]
pub(super) struct BadMessage;

impl MessageBatch {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// Decodes a batch; its cells remain slices of `bytes`.
    pub(super) fn from_bytes(bytes: Bytes) -> Result<Self, BadMessage> {
        Self::decode(bytes).map_err(|_| BadMessage)
    }
}

impl From<Content> for PartMessage {
    fn from(content: Content) -> Self {
        Self {
            content: Some(content),
        }
    }
}

/// Serializes a value of ssel, which cannot fail.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, BadMessage> {
    serde_json::from_str(text).map_err(|_| BadMessage)
}

impl FrameMessage {
    pub(super) fn of(frame: &Frame) -> Self {
        Self {
            start: micros(frame.start),
            length: micros(frame.length),
            points: frame.points().map(PointMessage::of).collect(),
            failures: frame.failures.iter().map(json).collect(),
            cpu: micros(frame.client.cpu),
            memory: frame.client.memory,
        }
    }

    /// The frame; its points belong to these series.
    pub(super) fn read(self, series: &[SeriesInfo]) -> Result<Frame, BadMessage> {
        let points = self.points.into_iter();
        let points: Result<Vec<_>, _> = points.map(|point| point.read(series)).collect();
        let mut failures = Failures::default();
        for failure in self.failures {
            failures.merge_one(&from_json(&failure)?);
        }
        let mut frame = Frame::new(
            Duration::from_micros(self.start),
            Duration::from_micros(self.length),
        )
        .with_points(points?);
        frame.failures = failures;
        frame.client = ClientUse {
            cpu: Duration::from_micros(self.cpu),
            memory: self.memory,
        };
        Ok(frame)
    }
}

impl PointMessage {
    fn of((series, point): (usize, &Point)) -> Self {
        let empty = Self {
            series: u32::try_from(series).unwrap_or(u32::MAX),
            ..Self::default()
        };
        match point {
            Point::Counter(counter) => Self {
                count: counter.samples,
                value: counter.count,
                ..empty
            },
            Point::Gauge(gauge) => Self {
                value: gauge.value,
                min: gauge.min,
                max: gauge.max,
                ..empty
            },
            Point::Rate(rate) => Self {
                count: rate.total,
                passes: rate.passes,
                ..empty
            },
            Point::Trend(histogram) => Self {
                value: histogram.sum(),
                min: histogram.min(),
                max: histogram.max(),
                cells: cells::packed(histogram.numbered()).into(),
                ..empty
            },
        }
    }

    fn read(self, series: &[SeriesInfo]) -> Result<(u32, Point), BadMessage> {
        let at = usize::try_from(self.series).map_err(|_| BadMessage)?;
        let info = series.get(at).ok_or(BadMessage)?;
        if ![self.value, self.min, self.max]
            .iter()
            .all(|n| n.is_finite())
        {
            return Err(BadMessage);
        }
        let point = match info.kind {
            MetricKind::Counter => Point::Counter(Counter {
                count: self.value,
                samples: self.count,
            }),
            MetricKind::Gauge => Point::Gauge(Gauge::restored(self.value, self.min, self.max)),
            MetricKind::Rate => Point::Rate(Rate {
                passes: self.passes.min(self.count),
                total: self.count,
            }),
            MetricKind::Trend => {
                let mut cells = Packed::new(&self.cells);
                let figures = (self.value, self.min, self.max);
                let histogram = Histogram::from_numbered(info.unit, figures, &mut cells);
                let histogram = histogram.filter(|_| cells.is_done());
                Point::Trend(histogram.ok_or(BadMessage)?)
            }
        };
        Ok((self.series, point))
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
