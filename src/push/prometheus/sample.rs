//! The samples of one series, before encoding.

use super::wire::{BucketSpan, NativeHistogram, ResetHint};
use crate::metrics::Exponential;

/// A series with its new samples.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PushedSeries {
    /// `__name__` and the labels, sorted by name.
    pub(super) labels: Labels,
    pub(super) kind: Kind,
    pub(super) samples: Samples,
}

pub(super) type Labels = std::sync::Arc<[(String, String)]>;

/// The metric type in Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter = 1,
    Gauge = 2,
    Histogram = 3,
}

/// Samples with their times, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Samples {
    Numbers(Vec<(i64, f64)>),
    Histograms(Vec<NativeHistogram>),
}

impl Samples {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Histograms(histograms) => histograms.len(),
        }
    }
}

/// The stale marker, which ends a series.
pub(super) const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// The stale marker of a histogram.
pub(super) fn stale(timestamp: i64) -> NativeHistogram {
    NativeHistogram {
        count: Some(0),
        zero_count: Some(0),
        sum: STALE,
        timestamp,
        ..NativeHistogram::default()
    }
}

/// A native histogram at a time.
pub(super) fn histogram(all: &Exponential, timestamp: i64, hint: ResetHint) -> NativeHistogram {
    let (positive_spans, positive_deltas) = spans(&all.positive);
    let (negative_spans, negative_deltas) = spans(&all.negative);
    NativeHistogram {
        count: Some(all.count),
        sum: all.sum,
        schema: all.schema,
        zero_threshold: all.zero_threshold,
        zero_count: Some(all.zero_count),
        negative_spans,
        negative_deltas,
        positive_spans,
        positive_deltas,
        reset_hint: hint.into(),
        timestamp,
        start_timestamp: 0,
    }
}

/// Runs of buckets, and the difference of each count to the previous one.
fn spans(buckets: &[(i32, u64)]) -> (Vec<BucketSpan>, Vec<i64>) {
    let mut spans: Vec<BucketSpan> = Vec::new();
    let mut deltas = Vec::with_capacity(buckets.len());
    let (mut next, mut before) = (0, 0);
    for &(index, count) in buckets {
        match spans.last_mut() {
            Some(span) if index == next => span.length += 1,
            _ => spans.push(BucketSpan {
                offset: index - next,
                length: 1,
            }),
        }
        next = index + 1;
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        deltas.push(count - before);
        before = count;
    }
    (spans, deltas)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_written_as_runs_and_differences() {
        let (spans, deltas) = spans(&[(-3, 2), (-2, 5), (4, 1)]);
        let run = |offset, length| BucketSpan { offset, length };
        assert_eq!(spans, [run(-3, 2), run(5, 1)]);
        assert_eq!(deltas, [2, 3, -4]);
    }
}
