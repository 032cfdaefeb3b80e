//! Merges the records of the parts of a run.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::{Frame, Point, Record, RunMetadata};
use crate::metrics::{
    ClientAudit, FailureCount, Keep, Reservoir, SeriesInfo, SeriesRole, Sink, Tags,
    ThresholdSummary,
};

/// The reason why records cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum MergeError {
    /// The commands differ.
    #[error("one is of `ssel {0}`, the other of `ssel {1}`")]
    Command(String, String),
    /// The scripts differ.
    #[error("they ran different scripts: {0} and {1}")]
    Script(String, String),
    /// An option differs.
    #[error("their options differ in `{0}`")]
    Options(String),
    /// Both are the same run.
    #[error("both are the same run")]
    Same,
    /// Both are the same part.
    #[error("both are part {0}")]
    Twice(String),
    /// The numbers of parts differ.
    #[error("one is of {0} parts, the other of {1}")]
    Counts(u32, u32),
    /// The run IDs differ.
    #[error("they are parts of different runs: {0} and {1}")]
    Runs(String, String),
    /// The seeds differ, although parts of one run have the same seed.
    #[error("their seeds differ: {0} and {1}")]
    Seeds(u64, u64),
    /// A metric has different kinds.
    #[error("the metric `{0}` is not of the same kind in both")]
    Kind(String),
}

/// The key of a series in all records.
type Key = (String, Tags, SeriesRole);

impl Record {
    /// Checks whether both records can be of parts of the same run: the same command, script and options, and different parts.
    /// The seed may differ if they are not marked as parts.
    ///
    /// # Errors
    /// The difference.
    pub(crate) fn belongs_with(&self, other: &Self) -> Result<(), MergeError> {
        let none = RunMetadata::default();
        for own in &self.runs {
            other.runs.iter().try_for_each(|run| own.is_beside(run))?;
        }
        let run = self.runs.first().unwrap_or(&none);
        let other = other.runs.first().unwrap_or(&none);
        if run.command != other.command {
            let (own, other) = (run.command.clone(), other.command.clone());
            return Err(MergeError::Command(own, other));
        }
        if run.script_hash != other.script_hash {
            let (own, other) = (run.name.clone(), other.name.clone());
            return Err(MergeError::Script(own, other));
        }
        match run.differing_options(other).into_iter().next() {
            Some(option) => Err(MergeError::Options(option)),
            None => Ok(()),
        }
    }

    /// Merges the records of the parts of one run: frames by the second of the wall clock in which they begin, histograms by
    /// bucket, and gauges by adding those of the same second. Thresholds are evaluated again. The percentiles are those of one
    /// process that recorded all samples.
    ///
    /// # Errors
    /// A metric has different kinds.
    pub(crate) fn merge(parts: Vec<Self>) -> Result<Self, MergeError> {
        let origin = parts.iter().map(Self::started).min().unwrap_or_default();
        let mut all = Self::default();
        let mut places: HashMap<Key, u32> = HashMap::new();
        let mut seconds: BTreeMap<u64, Frame> = BTreeMap::new();
        let mut failures: Vec<(Duration, FailureCount)> = Vec::new();
        let mut end = Duration::ZERO;
        // A part with more streams than a sample has kept all of them.
        let has_all = |part: &Self| part.streams.len() > Reservoir::SAMPLE + Reservoir::FAILED;
        let keep = if parts.iter().any(has_all) {
            Keep::All
        } else {
            Keep::Sample
        };
        let mut streams = Reservoir::new(keep);
        for part in parts {
            let shift = part.started().saturating_sub(origin);
            let place = all.add_series(&part.series, &mut places)?;
            let missing = part.missing_parts();
            for (second, frame) in by_second(&part, origin, shift) {
                let points = frame.points.iter();
                let moved = points.map(|(series, point)| (place[*series as usize], point.clone()));
                let moved = frame.clone().with_points(moved.collect());
                match seconds.get_mut(&second) {
                    Some(own) => own.beside(&moved),
                    None => drop(seconds.insert(second, moved)),
                }
            }
            for (series, total) in place.iter().zip(&part.totals) {
                let Some(total) = total else { continue };
                match &mut all.totals[*series as usize] {
                    Some(Sink::Gauge(own)) => {
                        if let Sink::Gauge(other) = total {
                            *own = own.plus(*other);
                        }
                    }
                    Some(own) => own.merge(total),
                    none => *none = Some(total.clone()),
                }
            }
            for (at, failure) in &part.failures {
                add_failure(&mut failures, *at + shift, failure);
            }
            for mut stream in part.streams {
                stream.start += shift;
                streams.add(stream);
            }
            end = end.max(shift + part.facts.duration);
            all.facts.iterations_complete += part.facts.iterations_complete;
            all.facts.iterations_interrupted += part.facts.iterations_interrupted;
            all.facts.vus += part.facts.vus;
            all.facts.vus_max += part.facts.vus_max;
            all.rejected += part.rejected;
            all.streams_seen += part.streams_seen;
            all.client = joined(all.client.take(), part.client, all.runs.is_empty());
            for threshold in part.thresholds {
                let demand = |of: &ThresholdSummary| (of.selector(), of.source.clone());
                let known = all
                    .thresholds
                    .iter()
                    .any(|own| demand(own) == demand(&threshold));
                if !known {
                    all.thresholds.push(threshold);
                }
            }
            for note in part.notes {
                if !all.notes.contains(&note) && Some(&note) != missing.as_ref() {
                    all.notes.push(note);
                }
            }
            all.runs.extend(part.runs);
        }
        all.facts.duration = end;
        all.frames = seconds.into_values().collect();
        all.streams = streams.into_streams();
        (1..)
            .zip(&mut all.streams)
            .for_each(|(id, stream)| stream.id = id);
        failures.sort_by_key(|(at, _)| *at);
        all.failures = failures;
        all.settle_gauges();
        all.notes.extend(all.missing_parts());
        // A threshold that cannot be evaluated was not evaluated before.
        if let Ok(thresholds) = all.judge(&all.threshold_specs()) {
            all.thresholds = thresholds;
        }
        Ok(all)
    }

    /// Adds the series of a part, and returns their indexes in this record.
    fn add_series(
        &mut self,
        series: &[SeriesInfo],
        places: &mut HashMap<Key, u32>,
    ) -> Result<Vec<u32>, MergeError> {
        let mut place = Vec::with_capacity(series.len());
        for info in series {
            let key = (info.metric.clone(), info.tags.clone(), info.role);
            let next = u32::try_from(self.series.len()).unwrap_or(u32::MAX);
            let at = *places.entry(key).or_insert(next);
            match self.series.get(at as usize) {
                None => {
                    self.series.push(info.clone());
                    self.totals.push(None);
                }
                Some(own) if (own.kind, own.unit) != (info.kind, info.unit) => {
                    return Err(MergeError::Kind(info.metric.clone()));
                }
                Some(_) => {}
            }
            place.push(at);
        }
        Ok(place)
    }

    /// Takes the extremes of gauges from the frames: the sums of the extremes of parts are only bounds.
    fn settle_gauges(&mut self) {
        for series in 0..self.series.len() {
            let Some(Sink::Gauge(total)) = &self.totals[series] else {
                continue;
            };
            let over_time = Point::joined(self.points(series).map(|(_, point)| point));
            if let Some(Point::Gauge(gauge)) = over_time {
                let settled = crate::metrics::Gauge::restored(total.value, gauge.min, gauge.max);
                self.totals[series] = Some(Sink::Gauge(settled));
            }
        }
    }
}

/// The frames of a part by the second of the wall clock that they begin in, counted from that of `origin`; their times
/// are moved by `shift`.
fn by_second(part: &Record, origin: Duration, shift: Duration) -> BTreeMap<u64, Frame> {
    let mut seconds: BTreeMap<u64, Frame> = BTreeMap::new();
    let first = origin.as_secs();
    for frame in &part.frames {
        let start = frame.start.saturating_add(shift);
        let second = (origin + start).as_secs() - first;
        let frame = Frame {
            start,
            ..frame.clone()
        };
        match seconds.get_mut(&second) {
            Some(own) => own.then(&frame),
            None => drop(seconds.insert(second, frame)),
        }
    }
    seconds
}

fn add_failure(all: &mut Vec<(Duration, FailureCount)>, at: Duration, failure: &FailureCount) {
    match all.iter_mut().find(|(_, own)| own.key == failure.key) {
        Some((first, own)) => {
            own.count = own.count.saturating_add(failure.count);
            if at < *first {
                *first = at;
                own.message.clone_from(&failure.message);
            }
        }
        None => all.push((at, failure.clone())),
    }
}

/// Merges the verdicts on two clients; limited if one is.
fn joined(
    own: Option<ClientAudit>,
    other: Option<ClientAudit>,
    first: bool,
) -> Option<ClientAudit> {
    if first {
        return other;
    }
    let (mut own, other) = (own?, other?);
    own.join(other);
    Some(own)
}
