use std::time::Duration;

use super::Point;
use crate::metrics::{Catalog, Failures, Totals};

/// The samples of about one second.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    /// Its start since the start of the run.
    pub start: Duration,
    /// Its length.
    pub length: Duration,
    /// Points by the index of their series, in ascending order.
    pub(super) points: Vec<(u32, Point)>,
    /// The failures.
    pub failures: Failures,
    /// The resources used by the load generator.
    pub client: ClientUse,
}

/// The resources used by the load generator. Its lag is in the series `client_lag` and `schedule_delay`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ClientUse {
    /// CPU time of the process in this frame.
    pub cpu: Duration,
    /// Memory of the process at the end of the frame, in bytes; 0 if unknown.
    pub memory: u64,
}

impl Frame {
    /// An empty frame.
    pub fn new(start: Duration, length: Duration) -> Self {
        Self {
            start,
            length,
            ..Self::default()
        }
    }

    /// The frame of an interval. Points are numbered as the series in `catalog`.
    pub fn of(
        catalog: &Catalog,
        interval: &Totals,
        (start, length): (Duration, Duration),
        client: ClientUse,
    ) -> Self {
        let point =
            |(series, (_, sink)): (u32, (_, _))| Some((series, Point::of(interval.sink(sink)?)));
        Self {
            start,
            length,
            points: (0..).zip(catalog.iter()).filter_map(point).collect(),
            failures: interval.failures().clone(),
            client,
        }
    }

    /// The frame with these points, in any order.
    #[must_use]
    pub fn with_points(self, mut points: Vec<(u32, Point)>) -> Self {
        points.sort_by_key(|(series, _)| *series);
        Self { points, ..self }
    }

    /// Its points, each with the index of its series, in ascending order.
    pub(crate) fn into_points(self) -> Vec<(u32, Point)> {
        self.points
    }

    /// Its end since the start of the run.
    pub fn end(&self) -> Duration {
        self.start.saturating_add(self.length)
    }

    /// The point of a series by its index; `None` if it has no samples in this frame.
    pub fn point(&self, series: usize) -> Option<&Point> {
        let series = u32::try_from(series).ok()?;
        let at = self
            .points
            .binary_search_by_key(&series, |(series, _)| *series);
        at.ok().map(|at| &self.points[at].1)
    }

    /// All points, each with the index of its series.
    pub fn points(&self) -> impl Iterator<Item = (usize, &Point)> {
        self.points
            .iter()
            .map(|(series, point)| (*series as usize, point))
    }

    /// Adds the frame that follows this one.
    pub(crate) fn then(&mut self, next: &Self) {
        self.length = next.end().saturating_sub(self.start);
        self.failures.merge(&next.failures);
        self.client.cpu += next.client.cpu;
        self.client.memory = next.client.memory;
        self.add(next, Point::then);
    }

    /// Adds the frame that another part of the run has for the same time.
    pub(crate) fn beside(&mut self, other: &Self) {
        let end = self.end().max(other.end());
        self.start = self.start.min(other.start);
        self.length = end.saturating_sub(self.start);
        self.failures.merge(&other.failures);
        self.client.cpu += other.client.cpu;
        self.client.memory += other.client.memory;
        self.add(other, Point::beside);
    }

    fn add(&mut self, other: &Self, add: impl Fn(&mut Point, &Point)) {
        for (series, point) in &other.points {
            match self
                .points
                .binary_search_by_key(series, |(series, _)| *series)
            {
                Ok(at) => add(&mut self.points[at].1, point),
                Err(at) => self.points.insert(at, (*series, point.clone())),
            }
        }
    }
}
