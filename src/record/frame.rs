use std::time::Duration;

use super::Point;
use crate::metrics::{Catalog, Failures, Totals};

/// What was recorded in about one second.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    /// When it begins, since the start of the run.
    pub start: Duration,
    /// How long it covers.
    pub length: Duration,
    /// Points by the place of their series, in ascending order.
    pub(super) points: Vec<(u32, Point)>,
    /// What failed in this time.
    pub failures: Failures,
    /// What the program that made the load took.
    pub client: ClientUse,
}

/// What the load generator itself took. How late it was is in the series `client_lag` and `schedule_delay`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ClientUse {
    /// Processor time of the whole process in this time.
    pub cpu: Duration,
    /// Memory of the process at the end of this time, in bytes; 0 where the system does not tell.
    pub memory: u64,
}

impl Frame {
    /// A frame of this time, with nothing in it.
    pub fn new(start: Duration, length: Duration) -> Self {
        Self {
            start,
            length,
            ..Self::default()
        }
    }

    /// Of what was collected since the last frame. Points are numbered as the series in `catalog` are.
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

    /// The frame with these points, in whatever order.
    #[must_use]
    pub fn with_points(self, mut points: Vec<(u32, Point)>) -> Self {
        points.sort_by_key(|(series, _)| *series);
        Self { points, ..self }
    }

    /// Its points, each with the place of its series, in ascending order.
    pub fn into_points(self) -> Vec<(u32, Point)> {
        self.points
    }

    /// When it ends, since the start of the run.
    pub fn end(&self) -> Duration {
        self.start.saturating_add(self.length)
    }

    /// The point of a series, by its place in the list of series; `None` if it has no sample in this time.
    pub fn point(&self, series: usize) -> Option<&Point> {
        let series = u32::try_from(series).ok()?;
        let at = self
            .points
            .binary_search_by_key(&series, |(series, _)| *series);
        at.ok().map(|at| &self.points[at].1)
    }

    /// All points, each with the place of its series.
    pub fn points(&self) -> impl Iterator<Item = (usize, &Point)> {
        self.points
            .iter()
            .map(|(series, point)| (*series as usize, point))
    }

    /// Adds the frame that follows this one.
    pub fn then(&mut self, next: &Self) {
        self.length = next.end().saturating_sub(self.start);
        self.failures.merge(&next.failures);
        self.client.cpu += next.client.cpu;
        self.client.memory = next.client.memory;
        self.add(next, Point::then);
    }

    /// Adds the frame that another part of the run has for the same time.
    pub fn beside(&mut self, other: &Self) {
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
