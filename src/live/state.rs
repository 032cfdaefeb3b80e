//! The record of a run that goes on, as its page needs it.

use crate::record::{Frame, Record, Timeline};
use crate::report::html;

/// What the page shows, in bounded memory.
#[derive(Default)]
pub(super) struct State {
    record: Record,
    /// Joins old frames of the record.
    timeline: Timeline,
    /// The number of the latest event: a frame each, or the whole page.
    pub(super) number: u64,
    /// Since this number, each event is one frame; before it, frames were joined.
    since: u64,
    pub(super) ended: bool,
}

/// An event for the browsers.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) name: &'static str,
    pub(super) number: u64,
    pub(super) data: String,
}

impl State {
    /// Takes up new frames. What browsers are to hear: each frame, or all anew where old frames were joined.
    pub(super) fn update(&mut self, mut update: Record) -> Vec<Event> {
        let new = std::mem::take(&mut update.frames);
        let old = std::mem::replace(&mut self.record, update);
        self.record.frames = old.frames;
        let mut events = Vec::with_capacity(new.len());
        for frame in new {
            self.number += 1;
            if self.push(frame) {
                self.since = self.number;
                events.clear();
                events.push(self.whole());
            } else if let Some(data) = html::frame_event(&self.record) {
                events.push(self.event("frame", data.to_string()));
            }
        }
        events
    }

    /// Adds a frame; true if old ones were joined.
    fn push(&mut self, frame: Frame) -> bool {
        let before = self.record.frames.len();
        self.timeline.swap(&mut self.record.frames);
        self.timeline.push(frame);
        self.timeline.swap(&mut self.record.frames);
        self.record.frames.len() <= before
    }

    /// The end of the run.
    pub(super) fn end(&mut self, update: Record) -> Event {
        let frames = self.update(update).len();
        debug_assert!(frames == 0 || self.number > 0, "frames have numbers");
        self.ended = true;
        self.number += 1;
        self.since = self.number;
        Event {
            name: "end",
            ..self.whole()
        }
    }

    /// All that there is.
    pub(super) fn whole(&self) -> Event {
        self.event("whole", html::whole_event(&self.record).to_string())
    }

    /// What a browser has missed that has seen the events up to `last`; all anew where that is simpler.
    pub(super) fn missed(&self, last: Option<u64>) -> Vec<Event> {
        if self.ended {
            return vec![Event {
                name: "end",
                ..self.whole()
            }];
        }
        match last {
            Some(last) if last == self.number && last >= self.since => Vec::new(),
            _ => vec![self.whole()],
        }
    }

    /// The page as it is now.
    pub(super) fn page(&self) -> String {
        if self.ended {
            html::page(&self.record)
        } else {
            html::live_page(&self.record, "events")
        }
    }

    fn event(&self, name: &'static str, data: String) -> Event {
        Event {
            name,
            number: self.number,
            data,
        }
    }
}
