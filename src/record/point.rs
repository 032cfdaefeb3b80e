use crate::metrics::{Counter, Gauge, Histogram, Rate, Sink, Stat, Trend};

/// The samples of one series in one frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Point {
    /// The sum.
    Counter(Counter),
    /// The last value and the extremes.
    Gauge(Gauge),
    /// Passes and samples.
    Rate(Rate),
    /// The distribution of the samples.
    Trend(Histogram),
}

impl Point {
    /// The point for a sink.
    pub fn of(sink: &Sink) -> Self {
        match sink {
            Sink::Counter(counter) => Self::Counter(*counter),
            Sink::Gauge(gauge) => Self::Gauge(*gauge),
            Sink::Rate(rate) => Self::Rate(*rate),
            Sink::Trend(trend) => Self::Trend(trend.histogram()),
        }
    }

    /// The point as a total; a trend has its samples from the histogram.
    pub fn to_sink(&self) -> Sink {
        match self {
            Self::Counter(counter) => Sink::Counter(*counter),
            Self::Gauge(gauge) => Sink::Gauge(*gauge),
            Self::Rate(rate) => Sink::Rate(*rate),
            Self::Trend(histogram) => Sink::Trend(Trend::restored(histogram, None)),
        }
    }

    /// Adds it to the total of the series.
    pub fn add_to(&self, total: &mut Sink) {
        match (self, total) {
            (Self::Counter(more), Sink::Counter(total)) => total.merge(*more),
            (Self::Gauge(more), Sink::Gauge(total)) => total.then(*more),
            (Self::Rate(more), Sink::Rate(total)) => total.merge(*more),
            (Self::Trend(more), Sink::Trend(total)) => total.merge_histogram(more),
            // A series has one kind.
            _ => {}
        }
    }

    /// Adds later samples of the same series.
    pub fn then(&mut self, later: &Self) {
        match (self, later) {
            (Self::Counter(own), Self::Counter(later)) => own.merge(*later),
            (Self::Gauge(own), Self::Gauge(later)) => own.then(*later),
            (Self::Rate(own), Self::Rate(later)) => own.merge(*later),
            (Self::Trend(own), Self::Trend(later)) => own.merge(later),
            // A series has one kind.
            _ => {}
        }
    }

    /// Adds the samples of another part of the run for the same time; gauges, such as the VUs of two machines, are added.
    pub fn beside(&mut self, other: &Self) {
        match (self, other) {
            (Self::Gauge(own), Self::Gauge(other)) => *own = own.plus(*other),
            (own, other) => own.then(other),
        }
    }

    /// Merges points of one series, given in order of time.
    pub fn joined<'a>(points: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut points = points.into_iter();
        let mut all = points.next()?.clone();
        points.for_each(|point| all.then(point));
        Some(all)
    }

    /// A figure; `seconds` is the time that the point covers, for the rate of a counter. `None` for figures that its kind
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

    /// The number of samples; 1 for a gauge.
    pub fn count(&self) -> u64 {
        match self {
            Self::Counter(counter) => counter.samples,
            Self::Gauge(_) => 1,
            Self::Rate(rate) => rate.total,
            Self::Trend(trend) => trend.count(),
        }
    }
}
