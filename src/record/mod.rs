//! A run as a record: what ran, what was measured in each second, and its result. Pure and plain data.
//!
//! ```text
//! Totals of one second ──> Frame ─┐
//!                                 ├─> Record ──> summary, report, comparison, exports, saved file
//! series, streams, checks, notes ─┘      ^
//!                                        └── Record::merge: of any split of the same samples, the percentiles of one
//! ```
//!
//! - A [`Frame`] is what was recorded in about one second: for each series with samples a [`Point`].
//! - A [`Record`] has the frames, the totals, and all that is known of the run besides.

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
pub(crate) use self::judge::Demand;
pub(crate) use self::merge::MergeError;
pub use self::point::Point;
pub use self::run::Run;
pub(crate) use self::run::{Machine, RunEnd};
pub(crate) use self::timeline::Timeline;
use crate::metrics::{Client, Failure, RunFacts, SeriesInfo, Sink, Stream, Tags, ThresholdSummary};

/// A run, or several that were merged.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Record {
    /// Who ran what; a merged record has one for each part.
    pub runs: Vec<Run>,
    /// What was summed up: the metrics and their parts. Points and totals name a series by its place in this list.
    pub series: Vec<SeriesInfo>,
    /// What was recorded over time, in the order of time; frames of a long run without a file cover several seconds.
    pub frames: Vec<Frame>,
    /// What each series came to; none where no sample reached it.
    pub totals: Vec<Option<Sink>>,
    /// Time, iterations and VUs.
    pub facts: RunFacts,
    /// What failed, by kind, with when the first of a kind did, since the start of the run.
    pub failures: Vec<(Duration, Failure)>,
    /// What was demanded, and whether it holds.
    pub thresholds: Vec<ThresholdSummary>,
    /// What the reader should know besides, a sentence each.
    pub notes: Vec<String>,
    /// The judgement of the client; `None` if the run did not come to its end.
    pub client: Option<Client>,
    /// Samples that were refused.
    pub rejected: u64,
    /// Streams, each by itself: a sample of them, or all.
    pub streams: Vec<Stream>,
    /// How many streams there were, sampled or not.
    pub streams_seen: u64,
}

impl Record {
    /// The place of the series of a metric, or of its part with exactly these tags.
    pub fn find(&self, metric: &str, tags: &Tags) -> Option<usize> {
        let is_it = |info: &SeriesInfo| info.metric == metric && info.tags == *tags;
        self.series.iter().position(is_it)
    }

    /// What the metric, or its part with exactly these tags, came to; `None` without a sample.
    pub fn total(&self, metric: &str, tags: &Tags) -> Option<&Sink> {
        self.totals.get(self.find(metric, tags)?)?.as_ref()
    }

    /// The points of a series over time: each with the frame it is from.
    pub fn points(&self, series: usize) -> impl Iterator<Item = (&Frame, &Point)> {
        let point = move |frame| Frame::point(frame, series);
        self.frames
            .iter()
            .filter_map(move |frame| point(frame).map(|point| (frame, point)))
    }

    /// What was recorded of a series in the frames that begin from `from` on and before `until`, since the start of the
    /// run, as one point; `None` if there is nothing. Its percentiles are those of all samples of that time.
    pub fn span(&self, series: usize, from: Duration, until: Duration) -> Option<Point> {
        let within = |frame: &Frame| from <= frame.start && frame.start < until;
        let points = self.points(series).filter(|(frame, _)| within(frame));
        Point::joined(points.map(|(_, point)| point))
    }

    /// When the run began, since the Unix epoch.
    pub fn started(&self) -> Duration {
        let starts = self.runs.iter().map(|run| run.started);
        starts.min().unwrap_or_default()
    }

    /// Whether the run came to its end, so that its totals, thresholds and notes are what it said itself.
    pub fn is_finished(&self) -> bool {
        self.runs.iter().all(|run| run.end.is_some())
    }

    /// The totals as the frames have them: for a run that was cut off.
    pub fn totals_of_frames(&self) -> Vec<Option<Sink>> {
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
