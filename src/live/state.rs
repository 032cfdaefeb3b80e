//! The state of the live page.

use crate::metrics::SeriesInfo;
use crate::record::{Frame, FrameHistory, Point, Record, RunMetadata};
use crate::report::html;

/// The content of the page, in bounded memory.
#[derive(Default)]
pub(super) struct PageState {
    record: Record,
    /// Merges old frames of the record.
    timeline: FrameHistory,
    /// The sum of each series so far.
    sums: Vec<Option<Point>>,
    /// The IDs of the charts on the page.
    charts: Vec<String>,
    /// The number of the latest event, which is a frame or the whole page.
    pub(super) number: u64,
    /// The number of the latest event with the whole page; all later ones are frames.
    since: u64,
    pub(super) ended: bool,
}

/// The kind of an event for browsers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventKind {
    Frame,
    Whole,
    End,
}

impl EventKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Whole => "whole",
            Self::End => "end",
        }
    }
}

/// An event for browsers.
#[derive(Debug, Clone)]
pub(super) struct PageEvent {
    pub(super) kind: EventKind,
    pub(super) number: u64,
    pub(super) data: String,
}

impl PageState {
    /// The page of a run without any frame yet.
    pub(super) fn of(run: RunMetadata) -> Self {
        let mut state = Self::default();
        state.record.runs.push(run);
        state
    }

    /// Adds a frame and returns the event for the browsers: the frame, or the whole page if old frames were merged or
    /// there are new charts.
    pub(super) fn update(&mut self, series: Vec<SeriesInfo>, frame: Frame) -> PageEvent {
        self.number += 1;
        self.record.series.extend(series);
        self.add_up(&frame);
        let are_joined = self.push(frame);
        let charts = html::chart_ids(&self.record);
        let are_new = charts != self.charts;
        self.charts = charts;
        match html::frame_event(&self.record) {
            Some(data) if !are_joined && !are_new => self.event(EventKind::Frame, data.to_string()),
            _ => {
                self.since = self.number;
                self.whole()
            }
        }
    }

    /// Adds the points and failures of a frame to the totals.
    fn add_up(&mut self, frame: &Frame) {
        let record = &mut self.record;
        self.sums.resize(record.series.len(), None);
        record.totals.resize_with(record.series.len(), || None);
        for (series, point) in frame.points() {
            let (Some(sum), Some(total)) =
                (self.sums.get_mut(series), record.totals.get_mut(series))
            else {
                continue;
            };
            match sum {
                Some(sum) => sum.then(point),
                None => *sum = Some(point.clone()),
            }
            *total = sum.as_ref().map(Point::to_sink);
        }
        for failure in &frame.failures {
            match record
                .failures
                .iter_mut()
                .find(|(_, own)| own.key == failure.key)
            {
                Some((_, own)) => own.count = own.count.saturating_add(failure.count),
                None => record.failures.push((frame.start, failure.clone())),
            }
        }
        record.facts.duration = frame.end();
    }

    /// Adds a frame; returns true if old ones were merged.
    fn push(&mut self, frame: Frame) -> bool {
        let before = self.record.frames.len();
        self.timeline.swap(&mut self.record.frames);
        self.timeline.push(frame);
        self.timeline.swap(&mut self.record.frames);
        self.record.frames.len() <= before
    }

    /// The end of the run.
    pub(super) fn end(&mut self, record: Record) -> PageEvent {
        self.record = record;
        self.ended = true;
        self.number += 1;
        self.since = self.number;
        self.whole()
    }

    /// The whole page as an event; at the end of the run, the event `end`.
    pub(super) fn whole(&self) -> PageEvent {
        let kind = if self.ended {
            EventKind::End
        } else {
            EventKind::Whole
        };
        self.event(kind, html::whole_event(&self.record).to_string())
    }

    /// The event that replaces those a browser has missed, if it has received those up to `last`.
    pub(super) fn missed(&self, last: Option<u64>) -> Option<PageEvent> {
        let is_up_to_date = |last: u64| last == self.number && last >= self.since;
        let is_up_to_date = !self.ended && last.is_some_and(is_up_to_date);
        (!is_up_to_date).then(|| self.whole())
    }

    /// The current HTML page.
    pub(super) fn page(&self) -> String {
        if self.ended {
            html::page(&self.record)
        } else {
            html::live_page(&self.record, "events")
        }
    }

    fn event(&self, kind: EventKind, data: String) -> PageEvent {
        PageEvent {
            kind,
            number: self.number,
            data,
        }
    }
}
