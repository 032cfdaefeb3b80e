//! Merges the frames of all other parts, second by second. Pure.

use std::collections::{BTreeMap, HashMap};

use super::wire::BadMessage;
use crate::metrics::{Gauge, SeriesInfo, SeriesRole, Tags};
use crate::record::{Frame, Point};

/// The merged frames of the other parts.
#[derive(Debug, Default)]
pub struct MergedFrames {
    series: Vec<SeriesInfo>,
    places: HashMap<(String, Tags, SeriesRole), u32>,
    /// Incomplete seconds, by their number since the start of the run.
    seconds: BTreeMap<u64, Second>,
    /// Seconds before this one have been taken; frames that arrive late for them count in this one.
    taken: u64,
}

/// A second of the run.
#[derive(Debug, Default)]
struct Second {
    /// Times, failures and processor time; the points are in the fields below.
    frame: Option<Frame>,
    points: Vec<Option<Point>>,
    /// A gauge that a part sets twice in a second counts once, with its last value.
    gauges: BTreeMap<(u64, u32), Gauge>,
    memory: BTreeMap<u64, u64>,
}

impl MergedFrames {
    /// The number of a series in the merged frames.
    ///
    /// # Errors
    /// The metric has another kind in the merged frames.
    pub(super) fn place(&mut self, info: SeriesInfo) -> Result<u32, BadMessage> {
        let key = (info.metric.clone(), info.tags.clone(), info.role);
        let next = u32::try_from(self.series.len()).map_err(|_| BadMessage)?;
        let at = *self.places.entry(key).or_insert(next);
        match self.series.get(at as usize) {
            None => self.series.push(info),
            Some(own) if (own.kind, own.unit) != (info.kind, info.unit) => return Err(BadMessage),
            Some(_) => {}
        }
        Ok(at)
    }

    /// All series so far; new ones are appended. Points refer to them by their index.
    pub fn series(&self) -> &[SeriesInfo] {
        &self.series
    }

    /// Adds a frame of a part; `place` maps the series of the part to those of the merged frames.
    pub(super) fn add(&mut self, part: u64, frame: Frame, place: &[u32]) {
        let number = frame.start.as_secs().max(self.taken);
        let second = self.seconds.entry(number).or_default();
        let memory = frame.client.memory;
        let mut bare = Frame::new(frame.start, frame.length);
        bare.failures = frame.failures.clone();
        bare.client.cpu = frame.client.cpu;
        match &mut second.frame {
            Some(own) => own.beside(&bare),
            none => *none = Some(bare),
        }
        second.memory.insert(part, memory);
        for (series, point) in frame.into_points() {
            let Some(&at) = place.get(series as usize) else {
                continue;
            };
            if let Point::Gauge(gauge) = point {
                let own = second.gauges.entry((part, at)).or_default();
                own.then(gauge);
                continue;
            }
            let slot = at as usize;
            if slot >= second.points.len() {
                second.points.resize(slot + 1, None);
            }
            match &mut second.points[slot] {
                Some(own) => own.beside(&point),
                none => *none = Some(point),
            }
        }
    }

    /// The sum of a series over the incomplete seconds.
    pub(crate) fn waiting(&self, series: u32) -> Option<Point> {
        let of = |second: &Second| second.points.get(series as usize).cloned().flatten();
        let points: Vec<Point> = self.seconds.values().filter_map(of).collect();
        Point::joined(&points)
    }

    /// Takes the seconds before `until`, with their numbers.
    pub(super) fn take(&mut self, until: u64) -> Vec<(u64, Frame)> {
        let rest = self.seconds.split_off(&until);
        self.taken = self.taken.max(until);
        let complete = std::mem::replace(&mut self.seconds, rest);
        let complete = complete.into_iter();
        complete
            .filter_map(|(number, second)| Some((number, second.into_frame()?)))
            .collect()
    }

    /// Takes all remaining seconds.
    pub(crate) fn take_all(&mut self) -> Vec<(u64, Frame)> {
        let last = self.seconds.keys().next_back().copied();
        last.map_or(Vec::new(), |last| self.take(last + 1))
    }
}

impl Second {
    fn into_frame(self) -> Option<Frame> {
        let mut sums: BTreeMap<u32, Gauge> = BTreeMap::new();
        for ((_, series), gauge) in self.gauges {
            sums.entry(series)
                .and_modify(|sum| *sum = sum.plus(gauge))
                .or_insert(gauge);
        }
        let points = (0..).zip(self.points);
        let points = points.filter_map(|(series, point)| Some((series, point?)));
        let gauges = sums.into_iter();
        let gauges = gauges.map(|(series, gauge)| (series, Point::Gauge(gauge)));
        let mut frame = self.frame?.with_points(points.chain(gauges).collect());
        frame.client.memory = self.memory.values().sum();
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::{MetricKind, Unit};
    use crate::metrics::{Sink, Trend};

    fn info(metric: &str, kind: MetricKind) -> SeriesInfo {
        SeriesInfo {
            metric: metric.into(),
            kind,
            unit: Unit::Plain,
            tags: Tags::new(),
            role: SeriesRole::Whole,
        }
    }

    fn frame(start: f64, vus: f64, value: f64) -> Frame {
        let mut trend = Trend::new(Unit::Plain);
        trend.add(value, 2);
        let points = vec![
            (0, Point::Gauge(Gauge::restored(vus, vus, vus))),
            (1, Point::of(&Sink::Trend(trend))),
        ];
        Frame::new(Duration::from_secs_f64(start), Duration::from_secs(1)).with_points(points)
    }

    fn merged() -> (MergedFrames, Vec<u32>) {
        let mut merged = MergedFrames::default();
        let series = [
            info("vus", MetricKind::Gauge),
            info("wait", MetricKind::Trend),
        ];
        let places = series.map(|info| merged.place(info).unwrap());
        (merged, places.to_vec())
    }

    #[test]
    fn frames_of_a_second_are_merged_and_gauges_of_parts_add_up() {
        let (mut merged, places) = merged();
        merged.add(1, frame(3.1, 10.0, 1.0), &places);
        merged.add(2, frame(3.9, 5.0, 7.0), &places);
        // The part's second value within the same second.
        merged.add(1, frame(3.95, 12.0, 1.0), &places);
        merged.add(2, frame(4.9, 6.0, 7.0), &places);
        let Some(Point::Trend(waiting)) = merged.waiting(1) else {
            panic!("a trend")
        };
        assert_eq!(waiting.count(), 8);
        let seconds = merged.take(4);
        assert_eq!(seconds.len(), 1);
        let (number, second) = &seconds[0];
        assert_eq!((*number, second.start), (3, Duration::from_millis(3_100)));
        let Some(Point::Gauge(vus)) = second.point(0) else {
            panic!("a gauge")
        };
        assert!((vus.value - 17.0).abs() < f64::EPSILON);
        let Some(Point::Trend(wait)) = second.point(1) else {
            panic!("a trend")
        };
        assert_eq!((wait.count(), wait.sum()), (6, 18.0));
    }

    #[test]
    fn late_frames_count_in_the_next_second() {
        let (mut merged, places) = merged();
        assert_eq!(merged.take(10), []);
        merged.add(1, frame(3.1, 1.0, 1.0), &places);
        assert_eq!(merged.take_all()[0].0, 10);
        assert!(merged.take_all().is_empty());
    }

    #[test]
    fn a_metric_has_one_kind() {
        let (mut merged, _) = merged();
        assert_eq!(merged.place(info("wait", MetricKind::Trend)), Ok(1));
        assert_eq!(
            merged.place(info("wait", MetricKind::Rate)),
            Err(BadMessage)
        );
    }
}
