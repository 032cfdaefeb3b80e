//! A record of several consecutive loads.

use std::time::Duration;

use super::{Frame, MergeError, Record};
use crate::metrics::{MetricKind, SeriesRole, Stat, Tags};

/// The name of the tag and label with the load.
const LOAD: &str = "load";

impl Record {
    /// Merges the records of consecutive loads. The samples of a metric in each load also become a sub-metric with the tag
    /// `load`.
    ///
    /// # Errors
    /// A metric has different kinds.
    pub(crate) fn of_levels(levels: Vec<Self>) -> Result<Self, MergeError> {
        let vus = levels.iter().map(|level| level.facts.vus).max();
        let vus_max = levels.iter().map(|level| level.facts.vus_max).max();
        let mut all = Self::merge(levels.into_iter().map(Self::tagged).collect())?;
        all.facts.vus = vus.unwrap_or_default();
        all.facts.vus_max = vus_max.unwrap_or_default();
        // Merging adds gauges up, as for parts that run concurrently; these loads were consecutive.
        let by_frames = all.totals_of_frames();
        let gauges = all.series.iter().zip(&mut all.totals).zip(by_frames);
        for ((_, total), by_frames) in
            gauges.filter(|((info, _), _)| info.kind == MetricKind::Gauge)
        {
            *total = by_frames;
        }
        Ok(all)
    }

    /// The name of the load of a record.
    pub(crate) fn load(&self) -> Option<&str> {
        let mut labels = self.runs.iter().flat_map(|run| &run.labels).rev();
        let load = labels.find(|(name, _)| name == LOAD);
        load.map(|(_, load)| load.as_str())
    }

    /// Adds each metric as a sub-metric with the tag `load`.
    fn tagged(mut self) -> Self {
        let Some(load) = self.load().map(str::to_owned) else {
            return self;
        };
        for place in 0..self.series.len() {
            let info = &self.series[place];
            if info.role != SeriesRole::Whole || info.kind == MetricKind::Gauge {
                continue;
            }
            let mut part = info.clone();
            part.tags = part.tags.with(LOAD, load.as_str());
            part.role = SeriesRole::SubMetric;
            let Ok(new) = u32::try_from(self.series.len()) else {
                break;
            };
            self.series.push(part);
            self.totals.resize(self.series.len(), None);
            let totals = self.totals[place].clone();
            self.totals[new as usize] = totals;
            for frame in &mut self.frames {
                if let Some(point) = frame.point(place).cloned() {
                    frame.points.push((new, point));
                }
            }
        }
        self
    }

    /// Splits a record of several loads into a record for each.
    pub(crate) fn levels(&self) -> Vec<Self> {
        let loads = self.runs.iter().filter_map(|run| {
            let label = run.labels.iter().rev().find(|(name, _)| name == LOAD)?;
            Some((run, label.1.as_str()))
        });
        let levels = loads.map(|(run, load)| {
            let tags = Tags::new().with(LOAD, load);
            let own = |place: &usize| self.series[*place].tags == tags;
            let places: Vec<usize> = (0..self.series.len()).filter(own).collect();
            let series = places.iter().map(|place| {
                let mut info = self.series[*place].clone();
                info.tags = Tags::new();
                info.role = SeriesRole::Whole;
                info
            });
            let frames = self.frames.iter().filter_map(|frame| {
                let points = (0_u32..).zip(&places);
                let points = points
                    .filter_map(|(new, place)| Some((new, frame.point(*place)?.clone())))
                    .collect::<Vec<_>>();
                (!points.is_empty())
                    .then(|| Frame::new(frame.start, frame.length).with_points(points))
            });
            let mut level = Self {
                runs: vec![run.clone()],
                series: series.collect(),
                frames: frames.collect(),
                totals: places
                    .iter()
                    .map(|place| self.totals[*place].clone())
                    .collect(),
                ..Self::default()
            };
            level.facts.duration = level.frames.iter().map(|frame| frame.length).sum();
            level
        });
        let levels: Vec<Self> = levels.filter(|level| !level.series.is_empty()).collect();
        if levels.len() < 2 {
            return Vec::new();
        }
        levels
    }

    /// The time from the first to the last frame in which a counter increased.
    pub(crate) fn time_of(&self, metric: &str) -> Duration {
        let Some(place) = self.find(metric, &Tags::new()) else {
            return Duration::ZERO;
        };
        let mut counted = self.points(place).filter(|(_, point)| {
            point
                .stat(Stat::Count, 1.0)
                .is_some_and(|count| count > 0.0)
        });
        let Some((first, _)) = counted.next() else {
            return Duration::ZERO;
        };
        let last = counted.last().map_or(first, |(frame, _)| frame);
        last.end().saturating_sub(first.start)
    }
}
