use crate::metrics::{Aggregation, Histogram, Sink, Trend};

/// The samples of one series in one frame.
pub type Point = Aggregation<Histogram>;

impl Point {
    /// The point for a sink.
    pub fn of(sink: &Sink) -> Self {
        sink.map(Trend::histogram)
    }

    /// The total of a point; a trend consists of the buckets of the histogram.
    pub(crate) fn to_sink(&self) -> Sink {
        self.map(|histogram| Trend::restored(histogram, None))
    }

    /// Adds the samples to the total of the series.
    pub fn add_to(&self, total: &mut Sink) {
        match (self, total) {
            (Self::Trend(more), Sink::Trend(total)) => total.merge_histogram(more),
            (point, total) => total.then(&point.to_sink()),
        }
    }

    /// Merges points of one series, given in order of time.
    pub fn joined<'a>(points: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut points = points.into_iter();
        let mut all = points.next()?.clone();
        points.for_each(|point| all.then(point));
        Some(all)
    }
}
