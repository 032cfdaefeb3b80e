//! Merges the frames of all parts into the record of the run.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::join::PartTally;
use crate::metrics::{Catalog, Gauge, MetricKind, Sink, SinkId, Totals, Unit};
use crate::record::{Frame, Point};

/// The state of merging: what part 0 recorded, and the series of the others.
#[derive(Default)]
pub(super) struct Merging {
    /// The totals of part 0 alone.
    pub(super) own: Totals,
    pub(super) tally: PartTally,
    /// Its frames that wait for those of the others, by second.
    frames: BTreeMap<u64, Frame>,
    pub(super) until: Duration,
    /// The sinks here for the series of the others.
    pub(super) places: Vec<Option<(SinkId, MetricKind, Unit)>>,
    /// The gauges of the run: sums over its parts.
    gauges: HashMap<SinkId, Gauge>,
}

impl Merging {
    pub(super) fn own(&mut self, interval: &Totals, catalog: &Catalog, frame: Option<&Frame>) {
        self.own.merge(interval);
        let Some(frame) = frame else { return };
        self.tally.add(catalog.series(), frame);
        self.until = frame.end();
        match self.frames.get_mut(&frame.start.as_secs()) {
            Some(own) => own.then(frame),
            None => drop(self.frames.insert(frame.start.as_secs(), frame.clone())),
        }
    }

    pub(super) fn merge(
        &mut self,
        until: u64,
        seconds: Vec<(u64, Frame)>,
        catalog: &Catalog,
        totals: &mut Totals,
    ) -> Vec<Frame> {
        let places: HashMap<SinkId, u32> = if seconds.is_empty() {
            HashMap::new()
        } else {
            catalog.iter().map(|(_, sink)| sink).zip(0..).collect()
        };
        let rest = self.frames.split_off(&until);
        let mut all = std::mem::replace(&mut self.frames, rest);
        for (second, others) in seconds {
            let others = self.numbered(others, &places, totals);
            match all.get_mut(&second) {
                Some(own) => own.beside(&others),
                None => drop(all.insert(second, others)),
            }
        }
        let all: Vec<Frame> = all.into_values().collect();
        self.settle_gauges(&all, catalog, totals);
        all
    }

    /// Converts a frame of the others to the numbering of series here, and adds it to `totals`.
    fn numbered(&self, frame: Frame, places: &HashMap<SinkId, u32>, totals: &mut Totals) -> Frame {
        totals.add_failures(&frame.failures);
        let mut here = Frame::new(frame.start, frame.length);
        here.failures = frame.failures.clone();
        here.client = frame.client;
        let mut points: BTreeMap<u32, Point> = BTreeMap::new();
        for (series, point) in frame.into_points() {
            let Some(Some((sink, kind, unit))) = self.places.get(series as usize) else {
                continue;
            };
            if *kind != MetricKind::Gauge {
                point.add_to(totals.entry(*sink, *kind, *unit));
            }
            let Some(at) = places.get(sink) else { continue };
            match points.get_mut(at) {
                Some(own) => own.beside(&point),
                None => drop(points.insert(*at, point)),
            }
        }
        here.with_points(points.into_iter().collect())
    }

    /// Sets the gauges of the run to the sums over all parts of each second.
    fn settle_gauges(&mut self, frames: &[Frame], catalog: &Catalog, totals: &mut Totals) {
        let sinks: Vec<(SinkId, Unit)> = catalog
            .iter()
            .map(|(info, sink)| (sink, info.unit))
            .collect();
        for (series, point) in frames.iter().flat_map(Frame::points) {
            if let (Some((sink, unit)), Point::Gauge(gauge)) = (sinks.get(series), point) {
                let sum = self.gauges.entry(*sink).or_default();
                sum.then(*gauge);
                *totals.entry(*sink, MetricKind::Gauge, *unit) = Sink::Gauge(*sum);
            }
        }
    }
}
