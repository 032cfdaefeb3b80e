//! The state of one series: its totals, and what changed since the last push.

use super::names::Suffix;
use super::sample::{Kind, Labels, PushedSeries, STALE, Samples, histogram, stale};
use super::wire::ResetHint;
use crate::metrics::{Exponential, Histogram, Layout, Rate, Stat};
use crate::record::Point;

/// The most buckets that Grafana Cloud and many other stores accept.
const BUCKETS: usize = 160;

/// One series of the store.
#[derive(Debug)]
pub(super) struct SeriesState {
    labels: Labels,
    value: Value,
    /// Whether a value has been pushed.
    is_begun: bool,
}

#[derive(Debug)]
enum Value {
    /// A sum since the start.
    Sum(f64),
    /// The last value.
    Last(Option<f64>),
    /// The rate since the last push.
    Share(Recent<Rate>),
    /// All values since the start.
    All(Option<Exponential>),
    /// A statistic of the values since the last push.
    Figure(Stat, Recent<Histogram>),
}

/// The values since the last push.
#[derive(Debug)]
struct Recent<T> {
    now: Option<T>,
    /// Whether the last push had a value. If the next has none, a stale marker pauses the series.
    is_shown: bool,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self {
            now: None,
            is_shown: false,
        }
    }
}

impl SeriesState {
    pub(super) fn new(labels: Labels, suffix: Suffix) -> Self {
        let value = match suffix {
            Suffix::Total | Suffix::Passes | Suffix::Samples => Value::Sum(0.0),
            Suffix::Value => Value::Last(None),
            Suffix::Rate => Value::Share(Recent::default()),
            Suffix::Histogram => Value::All(None),
            Suffix::Stat(stat) => Value::Figure(stat, Recent::default()),
        };
        Self {
            labels,
            value,
            is_begun: false,
        }
    }

    /// Adds the point of a frame.
    pub(super) fn take(&mut self, suffix: Suffix, point: &Point) {
        match (&mut self.value, point) {
            (Value::Sum(sum), Point::Counter(counter)) => *sum += counter.count,
            (Value::Sum(sum), Point::Rate(rate)) => {
                let new = match suffix {
                    Suffix::Passes => rate.passes,
                    _ => rate.total,
                };
                *sum += new as f64;
            }
            (Value::Last(last), Point::Gauge(gauge)) => *last = Some(gauge.value),
            (Value::Share(recent), Point::Rate(rate)) => match &mut recent.now {
                Some(now) => now.merge(*rate),
                none => *none = Some(*rate),
            },
            (Value::All(all), Point::Trend(new)) => {
                let new = Exponential::of(new, BUCKETS, Layout::Sparse);
                match all {
                    Some(all) => all.merge(&new, BUCKETS, Layout::Sparse),
                    none => *none = Some(new),
                }
            }
            (Value::Figure(_, recent), Point::Trend(new)) => match &mut recent.now {
                Some(now) => now.merge(new),
                none => *none = Some(new.clone()),
            },
            // A series has one kind.
            _ => {}
        }
    }

    /// Adds to a sum that is not a metric of the run.
    pub(super) fn add(&mut self, more: f64) {
        if let Value::Sum(sum) = &mut self.value {
            *sum += more;
        }
    }

    /// Sets a value that is not a metric of the run.
    pub(super) fn set(&mut self, value: f64) {
        if let Value::Last(last) = &mut self.value {
            *last = Some(value);
        }
    }

    /// The samples to push at the time `now`, after a push at `before`. Sums begin at `before` with zero, so that the
    /// store sees their first increase. At the `end`, which may follow soon after the previous push, no series pauses.
    pub(super) fn push(&mut self, (before, now): (i64, i64), end: bool) -> Option<PushedSeries> {
        let is_new = !self.is_begun;
        let begin = (is_new && before < now).then_some(before);
        let shown = |recent: &mut bool, value: Option<f64>| {
            let was_shown = std::mem::replace(recent, value.is_some());
            value.or((was_shown && !end).then_some(STALE))
        };
        let number = match &mut self.value {
            Value::Sum(sum) => {
                let mut numbers = Vec::from_iter(begin.map(|before| (before, 0.0)));
                numbers.push((now, *sum));
                self.is_begun = true;
                return Some(self.series(Kind::Counter, Samples::Numbers(numbers)));
            }
            Value::All(all) => {
                let all = all.as_ref()?;
                let mut histograms = Vec::from_iter(
                    begin.map(|before| histogram(&all.emptied(), before, ResetHint::Yes)),
                );
                let hint = if is_new && begin.is_none() {
                    ResetHint::Yes
                } else {
                    ResetHint::No
                };
                histograms.push(histogram(all, now, hint));
                self.is_begun = true;
                return Some(self.series(Kind::Histogram, Samples::Histograms(histograms)));
            }
            Value::Last(last) => *last,
            Value::Share(recent) => {
                let now = recent.now.take();
                shown(&mut recent.is_shown, now.map(|now| now.rate()))
            }
            Value::Figure(stat, recent) => {
                let now = recent.now.take();
                shown(&mut recent.is_shown, now.and_then(|now| now.stat(*stat)))
            }
        };
        let number = number?;
        self.is_begun = true;
        Some(self.series(Kind::Gauge, Samples::Numbers(vec![(now, number)])))
    }

    /// The stale marker that ends the series.
    pub(super) fn end(&self, now: i64) -> Option<PushedSeries> {
        let (kind, samples) = match &self.value {
            Value::All(_) => (Kind::Histogram, Samples::Histograms(vec![stale(now)])),
            Value::Sum(_) => (Kind::Counter, Samples::Numbers(vec![(now, STALE)])),
            _ => (Kind::Gauge, Samples::Numbers(vec![(now, STALE)])),
        };
        self.is_begun.then(|| self.series(kind, samples))
    }

    fn series(&self, kind: Kind, samples: Samples) -> PushedSeries {
        PushedSeries {
            labels: self.labels.clone(),
            kind,
            samples,
        }
    }
}
