use serde::Serialize;

use super::{Histogram, MetricKind, Stat, Trend, Unit};

/// The aggregated samples of a series. `T` holds those of a trend: [`Trend`] while samples are recorded, [`Histogram`] in
/// the frames of a record.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Aggregation<T> {
    /// A sum.
    Counter(Counter),
    /// A last value.
    Gauge(Gauge),
    /// A share.
    Rate(Rate),
    /// A distribution.
    Trend(T),
}

/// An aggregate to which samples are added.
pub type Sink = Aggregation<Trend>;

/// The samples of a trend in either of their forms.
#[doc(hidden)]
pub trait TrendSamples {
    /// Adds other samples.
    fn merge(&mut self, other: &Self);
    /// The number of samples.
    fn count(&self) -> u64;
    /// A figure of the samples; `None` for those that trends do not have.
    fn stat(&self, stat: Stat) -> Option<f64>;
}

impl TrendSamples for Trend {
    fn merge(&mut self, other: &Self) {
        self.merge(other);
    }

    fn count(&self) -> u64 {
        self.count()
    }

    fn stat(&self, stat: Stat) -> Option<f64> {
        self.stat(stat)
    }
}

impl TrendSamples for Histogram {
    fn merge(&mut self, other: &Self) {
        self.merge(other);
    }

    fn count(&self) -> u64 {
        self.count()
    }

    fn stat(&self, stat: Stat) -> Option<f64> {
        self.stat(stat)
    }
}

/// The sum of samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Counter {
    /// The sum.
    pub count: f64,
    /// The number of samples.
    pub samples: u64,
}

/// A value that changes over time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Gauge {
    /// The last value.
    pub value: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// The sequence number of the last value, over all workers; 0 if it was never set.
    #[serde(skip)]
    pub(super) set: u64,
}

/// The share of samples that are not zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// Samples that are not zero.
    pub passes: u64,
    /// All samples.
    pub total: u64,
}

impl Counter {
    /// Adds the samples of another one.
    pub fn merge(&mut self, other: Self) {
        self.count = bounded_sum(self.count, other.count);
        self.samples = self.samples.saturating_add(other.samples);
    }
}

impl Gauge {
    /// A gauge with this last value and extremes.
    pub(crate) fn restored(value: f64, min: f64, max: f64) -> Self {
        Self {
            value,
            min,
            max,
            set: 1,
        }
    }

    /// Whether it has a value.
    pub fn is_set(&self) -> bool {
        self.set > 0
    }

    /// Adds the later values of the same gauge.
    pub(crate) fn then(&mut self, later: Self) {
        if later.is_set() {
            let set = self.set.max(later.set).saturating_add(1);
            self.merge(Self { set, ..later });
        }
    }

    /// The sum of two gauges over the same time, such as the VUs of two machines. The sums of the extremes are bounds, since
    /// the extremes may have occurred at different times.
    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        Self::restored(
            bounded_sum(self.value, other.value),
            bounded_sum(self.min, other.min),
            bounded_sum(self.max, other.max),
        )
    }

    fn set(&mut self, value: f64, set: u64) {
        self.merge(Self {
            value,
            min: value,
            max: value,
            set,
        });
    }

    fn merge(&mut self, other: Self) {
        if !other.is_set() {
            return;
        }
        if !self.is_set() {
            *self = other;
            return;
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        if other.set > self.set {
            (self.value, self.set) = (other.value, other.set);
        }
    }
}

impl Rate {
    /// Adds the samples of another one.
    pub fn merge(&mut self, other: Self) {
        self.passes = self.passes.saturating_add(other.passes);
        self.total = self.total.saturating_add(other.total);
    }

    /// Samples that are zero.
    pub fn fails(&self) -> u64 {
        self.total - self.passes
    }

    /// The share of passes, from 0 to 1; 0 without samples.
    pub fn rate(&self) -> f64 {
        if self.total == 0 {
            0.0
        } else {
            self.passes as f64 / self.total as f64
        }
    }
}

impl<T: TrendSamples> Aggregation<T> {
    /// Adds the samples of another aggregate of the same series. The order of merging makes no difference.
    pub fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Counter(own), Self::Counter(other)) => own.merge(*other),
            (Self::Gauge(own), Self::Gauge(other)) => own.merge(*other),
            (Self::Rate(own), Self::Rate(other)) => own.merge(*other),
            (Self::Trend(own), Self::Trend(other)) => own.merge(other),
            // A series has one kind.
            _ => debug_assert!(false, "aggregates of different kinds"),
        }
    }

    /// Adds later samples of the same series.
    pub(crate) fn then(&mut self, later: &Self) {
        match (self, later) {
            (Self::Gauge(own), Self::Gauge(later)) => own.then(*later),
            (own, later) => own.merge(later),
        }
    }

    /// Adds the samples that another part of the run has of the same time; gauges, such as the VUs of two machines, are
    /// added.
    pub(crate) fn beside(&mut self, other: &Self) {
        match (self, other) {
            (Self::Gauge(own), Self::Gauge(other)) => *own = own.plus(*other),
            (own, other) => own.merge(other),
        }
    }

    /// A figure; `seconds` is the time that the samples cover, for the rate of a counter. `None` for figures that its kind
    /// does not have.
    pub fn stat(&self, stat: Stat, seconds: f64) -> Option<f64> {
        match (self, stat) {
            (Self::Counter(counter), Stat::Count) => Some(counter.count),
            (Self::Counter(counter), Stat::Rate) if seconds > 0.0 => Some(counter.count / seconds),
            (Self::Gauge(gauge), Stat::Value) => Some(gauge.value),
            (Self::Rate(rate), Stat::Rate) => Some(rate.rate()),
            (Self::Trend(trend), stat) => trend.stat(stat),
            _ => None,
        }
    }

    /// The number of samples; at most 1 for a gauge.
    pub fn count(&self) -> u64 {
        match self {
            Self::Counter(counter) => counter.samples,
            Self::Gauge(gauge) => u64::from(gauge.is_set()),
            Self::Rate(rate) => rate.total,
            Self::Trend(trend) => trend.count(),
        }
    }

    /// Whether it has no samples.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }
}

impl<T> Aggregation<T> {
    /// The same aggregate with the samples of a trend in another form.
    pub(crate) fn map<U>(&self, trend: impl FnOnce(&T) -> U) -> Aggregation<U> {
        match self {
            Self::Counter(counter) => Aggregation::Counter(*counter),
            Self::Gauge(gauge) => Aggregation::Gauge(*gauge),
            Self::Rate(rate) => Aggregation::Rate(*rate),
            Self::Trend(samples) => Aggregation::Trend(trend(samples)),
        }
    }
}

impl Sink {
    /// A sink for a metric of this kind and unit, without samples.
    pub fn new(kind: MetricKind, unit: Unit) -> Self {
        match kind {
            MetricKind::Counter => Self::Counter(Counter::default()),
            MetricKind::Gauge => Self::Gauge(Gauge::default()),
            MetricKind::Rate => Self::Rate(Rate::default()),
            MetricKind::Trend => Self::Trend(Trend::new(unit)),
        }
    }

    /// Adds a finite sample `n` times; `set` is the sequence number for gauges.
    pub(super) fn add(&mut self, value: f64, n: u64, set: u64) {
        match self {
            Self::Counter(counter) => {
                counter.count = bounded_sum(counter.count, value * n as f64);
                counter.samples = counter.samples.saturating_add(n);
            }
            Self::Gauge(gauge) => gauge.set(value, set),
            Self::Rate(rate) => {
                rate.total = rate.total.saturating_add(n);
                if value != 0.0 {
                    rate.passes = rate.passes.saturating_add(n);
                }
            }
            Self::Trend(trend) => trend.add(value, n),
        }
    }

    /// Removes all samples and keeps the memory.
    pub(super) fn clear(&mut self) {
        match self {
            Self::Counter(counter) => *counter = Counter::default(),
            Self::Gauge(gauge) => *gauge = Gauge::default(),
            Self::Rate(rate) => *rate = Rate::default(),
            Self::Trend(trend) => trend.clear(),
        }
    }
}

/// A sum that stays finite, so that no later sum or average can become "not a number".
pub(super) fn bounded_sum(a: f64, b: f64) -> f64 {
    (a + b).clamp(f64::MIN, f64::MAX)
}
