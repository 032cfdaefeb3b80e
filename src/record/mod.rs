//! A run as a record: its description, the samples of each second, and its result. Pure and plain data.
//!
//! ```text
//! Totals of one second ──> Frame ─┐
//!                                 ├─> Record ──> summary, report, comparison, exports, saved file
//! series, streams, checks, notes ─┘      ^
//!                                        └── Record::merge: the same percentiles however the samples were split
//! ```
//!
//! - A [`Frame`] contains about one second: a [`Point`] for each series with samples.
//! - A [`Record`] has the frames, the totals, and the metadata of the run.

mod figures;
mod frame;
mod judge;
mod levels;
mod merge;
mod parts;
mod point;
mod run;
mod timeline;

use std::collections::HashMap;
use std::time::Duration;

pub(crate) use self::frame::ClientUse;
pub use self::frame::Frame;
pub(crate) use self::judge::ThresholdSpec;
pub(crate) use self::merge::MergeError;
pub use self::point::Point;
pub(crate) use self::run::Machine;
pub use self::run::{RunEnd, RunMetadata, VerdictKind};
pub(crate) use self::timeline::FrameHistory;
use crate::metrics::{
    ClientAudit, FailureCount, RunFacts, SampledStream, SeriesInfo, Sink, Tags, ThresholdSummary,
};

/// A run, or several that were merged.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Record {
    /// The metadata of the run; a merged record has one entry per part.
    pub runs: Vec<RunMetadata>,
    /// The metrics and sub-metrics. Points and totals refer to a series by its index in this list.
    pub series: Vec<SeriesInfo>,
    /// The frames in order of time; those of a long run that is not saved may cover several seconds.
    pub frames: Vec<Frame>,
    /// The total of each series; `None` without samples.
    pub totals: Vec<Option<Sink>>,
    /// Duration, iterations and VUs.
    pub facts: RunFacts,
    /// Failures by kind, with the time of the first of each since the start of the run.
    pub failures: Vec<(Duration, FailureCount)>,
    /// The thresholds and their results.
    pub thresholds: Vec<ThresholdSummary>,
    /// Remarks for the reader, as sentences.
    pub notes: Vec<String>,
    /// The verdict on the client; `None` if the run did not finish.
    pub client: Option<ClientAudit>,
    /// Rejected samples.
    pub rejected: u64,
    /// Individual streams: a sample, or all.
    pub streams: Vec<SampledStream>,
    /// The number of streams, sampled or not.
    pub streams_seen: u64,
}

impl Record {
    /// The index of the series of a metric, or of its sub-metric with exactly these tags.
    pub fn find(&self, metric: &str, tags: &Tags) -> Option<usize> {
        let is_it = |info: &SeriesInfo| info.metric == metric && info.tags == *tags;
        self.series.iter().position(is_it)
    }

    /// The total of a metric, or of its sub-metric with exactly these tags; `None` without samples.
    pub fn total(&self, metric: &str, tags: &Tags) -> Option<&Sink> {
        self.totals.get(self.find(metric, tags)?)?.as_ref()
    }

    /// The points of a series over time, each with its frame.
    pub fn points(&self, series: usize) -> impl Iterator<Item = (&Frame, &Point)> {
        let point = move |frame| Frame::point(frame, series);
        self.frames
            .iter()
            .filter_map(move |frame| point(frame).map(|point| (frame, point)))
    }

    /// The start of the run since the Unix epoch.
    pub fn started(&self) -> Duration {
        let starts = self.runs.iter().map(|run| run.started);
        starts.min().unwrap_or_default()
    }

    /// Whether the run finished, so that totals, thresholds and notes are its own.
    pub fn is_finished(&self) -> bool {
        self.runs.iter().all(|run| run.end.is_some())
    }

    /// The totals computed from the frames, for a run that was cut off.
    pub(crate) fn totals_of_frames(&self) -> Vec<Option<Sink>> {
        let mut points: HashMap<usize, Point> = HashMap::new();
        for (series, point) in self.frames.iter().flat_map(Frame::points) {
            match points.get_mut(&series) {
                Some(sum) => sum.then(point),
                None => drop(points.insert(series, point.clone())),
            }
        }
        let sink = |series| points.remove(&series).map(|point| point.to_sink());
        (0..self.series.len()).map(sink).collect()
    }
}

#[cfg(test)]
mod tests;
