//! Converts values of the database.

use std::io::{Read, Write};
use std::time::Duration;

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use rusqlite::{Row, ToSql};

use crate::metrics::{Counter, Gauge, Histogram, MetricKind, Rate, SeriesInfo, Sink, Trend};
use crate::record::Point;

/// The columns from `count` to `negative`.
#[derive(Debug, Default)]
pub(super) struct FigureColumns {
    pub(super) count: i64,
    pub(super) sum: Option<f64>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) value: Option<f64>,
    pub(super) percentiles: [Option<f64>; 4],
    pub(super) histogram: Option<Vec<u8>>,
    pub(super) negative: Option<Vec<u8>>,
}

const PERCENTS: [f64; 4] = [50.0, 90.0, 95.0, 99.0];

impl FigureColumns {
    pub(super) fn of_point(point: &Point) -> Self {
        let none = Self::default();
        match point {
            Point::Counter(counter) => Self {
                count: whole(counter.samples),
                sum: Some(counter.count),
                ..none
            },
            Point::Gauge(gauge) => Self {
                count: 1,
                min: Some(gauge.min),
                max: Some(gauge.max),
                value: Some(gauge.value),
                ..none
            },
            Point::Rate(rate) => Self {
                count: whole(rate.total),
                sum: Some(rate.passes as f64),
                ..none
            },
            Point::Trend(histogram) => Self {
                count: whole(histogram.count()),
                sum: Some(histogram.sum()),
                min: Some(histogram.min()),
                max: Some(histogram.max()),
                value: None,
                percentiles: PERCENTS.map(|percent| Some(histogram.percentile(percent))),
                histogram: Some(histogram.to_hdr()),
                negative: histogram.negative_to_hdr(),
            },
        }
    }

    pub(super) fn of_sink(sink: &Sink) -> Self {
        let mut figures = Self::of_point(&Point::of(sink));
        if let Sink::Trend(trend) = sink {
            figures.percentiles = PERCENTS.map(|percent| Some(trend.percentile(percent)));
        }
        figures
    }

    /// The values of the columns.
    pub(super) fn columns(&self) -> [&dyn ToSql; 11] {
        let [p50, p90, p95, p99] = &self.percentiles;
        let (histogram, negative) = (&self.histogram, &self.negative);
        [
            &self.count,
            &self.sum,
            &self.min,
            &self.max,
            &self.value,
            p50,
            p90,
            p95,
            p99,
            histogram,
            negative,
        ]
    }

    /// The columns of a row, beginning with `count` in column `first`.
    pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            count: row.get(first)?,
            sum: row.get(first + 1)?,
            min: row.get(first + 2)?,
            max: row.get(first + 3)?,
            value: row.get(first + 4)?,
            percentiles: [None; 4],
            histogram: row.get(first + 5)?,
            negative: row.get(first + 6)?,
        })
    }

    /// The point of a series; `None` if the values are inconsistent.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from a float saturates"
    )]
    pub(super) fn to_point(&self, info: &SeriesInfo) -> Option<Point> {
        let count = u64::try_from(self.count).ok()?;
        Some(match info.kind {
            MetricKind::Counter => Point::Counter(Counter {
                count: self.sum?,
                samples: count,
            }),
            MetricKind::Gauge => Point::Gauge(Gauge::restored(self.value?, self.min?, self.max?)),
            MetricKind::Rate => Point::Rate(Rate {
                passes: (self.sum? as u64).min(count),
                total: count,
            }),
            MetricKind::Trend => {
                let beside = (self.sum?, self.min?, self.max?);
                let (positive, negative) = (self.histogram.as_deref()?, self.negative.as_deref());
                Point::Trend(Histogram::from_hdr(info.unit, positive, negative, beside).ok()?)
            }
        })
    }

    /// The total of a series, with its individual samples if they were saved.
    pub(super) fn to_sink(&self, info: &SeriesInfo, samples: Option<&[u8]>) -> Option<Sink> {
        match self.to_point(info)? {
            Point::Trend(histogram) => {
                let samples = samples.and_then(unpacked);
                Some(Sink::Trend(Trend::restored(&histogram, samples)))
            }
            point => Some(point.to_sink()),
        }
    }
}

/// Individual samples in the format of their column.
pub(super) fn packed(sink: &Sink) -> Option<Vec<u8>> {
    let Sink::Trend(trend) = sink else {
        return None;
    };
    let mut bytes = ZlibEncoder::new(Vec::new(), Compression::fast());
    for sample in trend.samples()? {
        bytes.write_all(&sample.to_le_bytes()).ok()?;
    }
    bytes.finish().ok()
}

fn unpacked(bytes: &[u8]) -> Option<Vec<f64>> {
    let most = Trend::EXACT * 8;
    let mut plain = Vec::new();
    let mut from = ZlibDecoder::new(bytes).take(most + 1);
    from.read_to_end(&mut plain).ok()?;
    let (samples, rest) = plain.as_chunks();
    let finite = |sample: &[u8; 8]| Some(f64::from_le_bytes(*sample)).filter(|s| s.is_finite());
    rest.is_empty()
        .then(|| samples.iter().map(finite).collect())
        .flatten()
}

/// A number in the range of SQLite.
pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A column in seconds as a duration.
pub(super) fn time(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
