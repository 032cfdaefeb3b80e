//! Frames as metrics: the state of each series, and its points.

use std::collections::BTreeMap;
use std::time::Duration;

use super::attributes::text;
use super::names::Descriptor;
use super::proto::common::KeyValue;
use super::proto::metrics::{
    Buckets, Data, ExponentialHistogram, ExponentialPoint, GaugePoints, Metric, Number,
    NumberPoint, Sum, Temporality,
};
use super::wire;
use crate::metrics::{Exponential, Layout, Rate};
use crate::record::Point;

/// The most buckets for each sign, the same as in OpenTelemetry's own libraries.
const BUCKETS: usize = 160;

/// The aggregate of a series since its start, or since the last push.
#[derive(Debug)]
pub(super) struct OtlpSeries {
    pub(super) named: Descriptor,
    value: Value,
    /// Whether anything was recorded since the last push.
    is_new: bool,
}

#[derive(Debug)]
enum Value {
    Counter(f64),
    Gauge(f64),
    Rate(Rate),
    Trend(Box<Exponential>),
}

impl OtlpSeries {
    /// Starts with the first point of a series.
    pub(super) fn new(named: Descriptor, point: &Point) -> Self {
        let value = match point {
            Point::Counter(counter) => Value::Counter(counter.count),
            Point::Gauge(gauge) => Value::Gauge(gauge.value),
            Point::Rate(rate) => Value::Rate(*rate),
            Point::Trend(histogram) => {
                Value::Trend(Box::new(Exponential::of(histogram, BUCKETS, Layout::Dense)))
            }
        };
        Self {
            named,
            value,
            is_new: true,
        }
    }

    /// Adds the next point.
    pub(super) fn add(&mut self, point: &Point) {
        match (&mut self.value, point) {
            (Value::Counter(own), Point::Counter(next)) => {
                *own = (*own + next.count).min(f64::MAX);
            }
            (Value::Gauge(own), Point::Gauge(next)) => *own = next.value,
            (Value::Rate(own), Point::Rate(next)) => own.merge(*next),
            (Value::Trend(own), Point::Trend(next)) => {
                let next = Exponential::of(next, BUCKETS, Layout::Dense);
                own.merge(&next, BUCKETS, Layout::Dense);
            }
            // A series has one kind.
            _ => return,
        }
        self.is_new = true;
    }
}

/// The time range of points, since the Unix epoch, and their temporality.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interval {
    pub(super) start: Duration,
    pub(super) time: Duration,
    pub(super) temporality: Temporality,
}

/// The metrics of all series with data, each with its number of points. With delta temporality, the aggregations
/// restart.
///
/// Cumulative series are included each time, since a store treats a missing series as ended.
pub(super) fn points(
    aggregations: &mut BTreeMap<usize, OtlpSeries>,
    interval: Interval,
) -> Vec<(Metric, u64)> {
    let is_delta = interval.temporality == Temporality::Delta;
    let mut metrics: Vec<(Metric, u64)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for aggregation in aggregations.values_mut() {
        if is_delta && !aggregation.is_new {
            continue;
        }
        aggregation.is_new = false;
        let name = &aggregation.named.name;
        let at = *places.entry(name.clone()).or_insert_with(|| {
            metrics.push((empty(aggregation, interval.temporality), 0));
            metrics.len() - 1
        });
        let (metric, count) = &mut metrics[at];
        *count += aggregation.write(interval, metric);
        if is_delta {
            aggregation.reset();
        }
    }
    metrics
}

fn empty(aggregation: &OtlpSeries, temporality: Temporality) -> Metric {
    let temporality = temporality as i32;
    let data = match aggregation.value {
        Value::Counter(_) | Value::Rate(_) => Data::Sum(Sum {
            points: Vec::new(),
            temporality,
            is_monotonic: true,
        }),
        Value::Gauge(_) => Data::Gauge(GaugePoints::default()),
        Value::Trend(_) => Data::Histogram(ExponentialHistogram {
            points: Vec::new(),
            temporality,
        }),
    };
    Metric {
        name: aggregation.named.name.clone(),
        unit: aggregation.named.unit.to_owned(),
        data: Some(data),
    }
}

impl OtlpSeries {
    /// Adds the points of the series to its metric, and returns their number.
    fn write(&self, interval: Interval, metric: &mut Metric) -> u64 {
        let number = |value, attributes| number(interval, value, attributes);
        let own = || self.named.attributes.clone();
        match (&self.value, &mut metric.data) {
            (Value::Counter(count), Some(Data::Sum(sum))) => {
                sum.points.push(number(Number::Double(*count), own()));
                1
            }
            (Value::Gauge(value), Some(Data::Gauge(gauge))) => {
                gauge.points.push(number(Number::Double(*value), own()));
                1
            }
            (Value::Rate(rate), Some(Data::Sum(sum))) => {
                // As in k6, the rate is the share of `nonzero`.
                let failed = rate.total.saturating_sub(rate.passes);
                for (condition, count) in [("nonzero", rate.passes), ("zero", failed)] {
                    let mut attributes = own();
                    attributes.push(text("condition", condition));
                    let count = i64::try_from(count).unwrap_or(i64::MAX);
                    sum.points.push(number(Number::Int(count), attributes));
                }
                2
            }
            (Value::Trend(all), Some(Data::Histogram(histogram))) => {
                histogram.points.push(exponential(interval, all, own()));
                1
            }
            // A name has one kind.
            _ => 0,
        }
    }

    fn reset(&mut self) {
        match &mut self.value {
            Value::Counter(count) => *count = 0.0,
            Value::Gauge(_) => {}
            Value::Rate(rate) => *rate = Rate::default(),
            // The next values may allow a finer scale.
            Value::Trend(all) => {
                **all = Exponential {
                    schema: Exponential::FINEST,
                    ..all.emptied()
                }
            }
        }
    }
}

fn number(interval: Interval, value: Number, attributes: Vec<KeyValue>) -> NumberPoint {
    NumberPoint {
        attributes,
        start: wire::nanos(interval.start),
        time: wire::nanos(interval.time),
        value: Some(value),
    }
}

fn exponential(
    interval: Interval,
    all: &Exponential,
    attributes: Vec<KeyValue>,
) -> ExponentialPoint {
    let is_some = all.count > 0;
    ExponentialPoint {
        attributes,
        start: wire::nanos(interval.start),
        time: wire::nanos(interval.time),
        count: all.count,
        // A sum of values of both signs is not monotonic and must be omitted.
        sum: Some(all.sum).filter(|_| all.negative.is_empty()),
        scale: all.schema,
        zero_count: all.zero_count,
        positive: Some(buckets(&all.positive)),
        negative: Some(buckets(&all.negative)),
        min: Some(all.min).filter(|_| is_some),
        max: Some(all.max).filter(|_| is_some),
        zero_threshold: all.zero_threshold,
    }
}

/// Dense buckets from the first to the last. Their indexes are one less than those of Prometheus.
fn buckets(sparse: &[(i32, u64)]) -> Buckets {
    let Some(((first, _), (last, _))) = sparse.first().zip(sparse.last()) else {
        return Buckets::default();
    };
    let place = |index: i32| index.abs_diff(*first) as usize;
    let mut counts = vec![0; place(*last) + 1];
    for (index, count) in sparse {
        counts[place(*index)] = *count;
    }
    Buckets {
        offset: first - 1,
        counts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Counter, Trend, Unit};

    fn named(name: &str) -> Descriptor {
        Descriptor::process(name, "s")
    }

    fn trend(values: &[f64]) -> Point {
        let mut trend = Trend::new(Unit::Time);
        for value in values {
            trend.add(*value, 1);
        }
        Point::Trend(trend.histogram())
    }

    fn interval(temporality: Temporality) -> Interval {
        Interval {
            start: Duration::from_secs(1),
            time: Duration::from_secs(6),
            temporality,
        }
    }

    fn histogram(metric: &Metric) -> &ExponentialPoint {
        match &metric.data {
            Some(Data::Histogram(all)) => &all.points[0],
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn buckets_are_written_from_the_first_to_the_last() {
        // Bucket 2 of Prometheus is bucket 1 here.
        let all = buckets(&[(2, 7), (4, 1)]);
        assert_eq!((all.offset, all.counts), (1, vec![7, 0, 1]));
        assert_eq!(buckets(&[]), Buckets::default());
    }

    #[test]
    fn each_value_is_between_the_bounds_that_the_specification_gives_its_bucket() {
        for value in [1e-6, 0.004, 1.0, 3.0, 1000.0] {
            let mut aggregations =
                BTreeMap::from([(0, OtlpSeries::new(named("t"), &trend(&[value])))]);
            let metrics = points(&mut aggregations, interval(Temporality::Cumulative));
            let point = histogram(&metrics[0].0);
            let positive = point.positive.as_ref().unwrap();
            assert_eq!(
                (point.count, positive.counts.as_slice()),
                (1, [1].as_slice())
            );
            let base = 2_f64.powf(2_f64.powi(-point.scale));
            let (low, high) = (base.powi(positive.offset), base.powi(positive.offset + 1));
            let cell = value / 1000.0;
            assert!(
                low - cell < value && value <= high + cell,
                "{value} in {low}..{high}"
            );
        }
    }

    #[test]
    fn deltas_contain_only_new_values() {
        let count = |count| Point::Counter(Counter { count, samples: 1 });
        let mut aggregations = BTreeMap::from([
            (0, OtlpSeries::new(named("c"), &count(3.0))),
            (1, OtlpSeries::new(named("t"), &trend(&[0.001, 1000.0]))),
        ]);
        assert_eq!(
            points(&mut aggregations, interval(Temporality::Delta)).len(),
            2
        );
        assert!(points(&mut aggregations, interval(Temporality::Delta)).is_empty());
        let close = [0.010, 0.0101];
        aggregations.get_mut(&1).unwrap().add(&trend(&close));
        let metrics = points(&mut aggregations, interval(Temporality::Delta));
        let point = histogram(&metrics[0].0);
        assert_eq!((metrics.len(), point.count), (1, 2));
        // As fine as these values allow, independent of the range of earlier ones.
        assert_eq!(point.scale, Exponential::FINEST);
        assert_eq!((point.min, point.max), (Some(0.010), Some(0.0101)));
    }

    #[test]
    fn cumulative_series_are_always_pushed_and_grouped_by_name() {
        let count = |count| Point::Counter(Counter { count, samples: 1 });
        let mut aggregations = BTreeMap::from([
            (0, OtlpSeries::new(named("c"), &count(3.0))),
            (1, OtlpSeries::new(named("c"), &count(4.0))),
        ]);
        points(&mut aggregations, interval(Temporality::Cumulative));
        aggregations.get_mut(&0).unwrap().add(&count(1.0));
        let metrics = points(&mut aggregations, interval(Temporality::Cumulative));
        assert_eq!((metrics.len(), metrics[0].1), (1, 2));
        let Some(Data::Sum(sum)) = &metrics[0].0.data else {
            panic!("{metrics:?}");
        };
        let values: Vec<_> = sum.points.iter().map(|point| point.value).collect();
        assert_eq!(values, [4.0, 4.0].map(|value| Some(Number::Double(value))));
        assert_eq!(sum.points[0].start, 1_000_000_000);
    }
}
