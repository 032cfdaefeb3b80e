//! Messages of a part that are not acknowledged yet, in bounded memory. Pure.
//!
//! Messages are sent in batches. A batch does not change until it is acknowledged, so that a duplicate is recognized by
//! its number. When too many frames wait, the two oldest are merged, so that no measurement is lost.

use std::collections::VecDeque;

use super::wire::{Content, FrameMessage, MessageBatch};
use crate::record::Frame;

/// The most frames that wait: two minutes of a run.
const MOST_FRAMES: usize = 120;
/// The most messages in one batch, which bounds the time that it takes.
const BATCH: usize = 32;

/// The messages that wait to be sent.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// The number of the next message.
    next: u64,
    /// The batch that was sent and is not acknowledged yet.
    sent: Option<MessageBatch>,
    waiting: VecDeque<Queued>,
    frames: usize,
}

#[derive(Debug)]
enum Queued {
    Frame(Box<Frame>),
    Other(Content),
}

impl Outbox {
    pub(super) fn frame(&mut self, frame: Frame) {
        self.waiting.push_back(Queued::Frame(Box::new(frame)));
        self.frames += 1;
        if self.frames > MOST_FRAMES {
            self.join_oldest();
        }
    }

    pub(super) fn message(&mut self, content: Content) {
        // A heartbeat replaces the one before.
        if let (Content::Heartbeat(_), Some(Queued::Other(Content::Heartbeat(_)))) =
            (&content, self.waiting.back())
        {
            self.waiting.pop_back();
        }
        self.waiting.push_back(Queued::Other(content));
    }

    /// Merges the two oldest frames. Messages between them, such as series, stay before the merged frame.
    fn join_oldest(&mut self) {
        let is_frame = |item: &Queued| matches!(item, Queued::Frame(_));
        let Some(first) = self.waiting.iter().position(is_frame) else {
            return;
        };
        let Some(Queued::Frame(older)) = self.waiting.remove(first) else {
            return;
        };
        let next = self
            .waiting
            .iter_mut()
            .skip(first)
            .find_map(|item| match item {
                Queued::Frame(frame) => Some(frame),
                Queued::Other(_) => None,
            });
        if let Some(frame) = next {
            let mut joined = *older;
            joined.then(frame);
            **frame = joined;
            self.frames -= 1;
        }
    }

    /// The batch to send now: the unacknowledged one again, or the waiting messages. It may be empty.
    pub(super) fn batch(&mut self) -> &MessageBatch {
        if self.sent.is_none() {
            let count = self.waiting.len().min(BATCH);
            let first = self.next;
            self.next += count as u64;
            let messages: Vec<_> = self
                .waiting
                .drain(..count)
                .map(|item| match item {
                    Queued::Frame(frame) => Content::Frame(FrameMessage::of(&frame)).into(),
                    Queued::Other(content) => content.into(),
                })
                .collect();
            let frames = self.waiting.iter();
            self.frames = frames
                .filter(|item| matches!(item, Queued::Frame(_)))
                .count();
            self.sent = Some(MessageBatch { first, messages });
        }
        self.sent.get_or_insert_default()
    }

    /// Records that part 0 has all messages before this number.
    pub(super) fn acknowledged(&mut self, next: u64) {
        let is_known = |batch: &MessageBatch| batch.first + batch.messages.len() as u64 <= next;
        if self.sent.as_ref().is_some_and(is_known) {
            self.sent = None;
        }
    }

    /// Whether part 0 has everything.
    pub(super) fn is_empty(&self) -> bool {
        let is_done = |batch: &MessageBatch| batch.messages.is_empty();
        self.waiting.is_empty() && self.sent.as_ref().is_none_or(is_done)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::join::wire::Heartbeat;
    use crate::metrics::{Counter, MetricKind, SeriesInfo, SeriesRole, Tags, Unit};
    use crate::record::Point;

    fn frame(second: u64, count: f64) -> Frame {
        let counter = Counter { count, samples: 1 };
        Frame::new(Duration::from_secs(second), Duration::from_secs(1))
            .with_points(vec![(0, Point::Counter(counter))])
    }

    fn series() -> SeriesInfo {
        SeriesInfo {
            metric: "events".into(),
            kind: MetricKind::Counter,
            unit: Unit::Plain,
            tags: Tags::new(),
            role: SeriesRole::Whole,
        }
    }

    fn frames(batch: &MessageBatch) -> Vec<Frame> {
        let contents = batch.messages.iter().filter_map(|m| m.content.clone());
        contents
            .filter_map(|content| match content {
                Content::Frame(frame) => Some(frame.read(&[series()]).unwrap()),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn a_batch_is_resent_unchanged_until_it_is_acknowledged() {
        let mut outbox = Outbox::default();
        outbox.frame(frame(0, 1.0));
        let first = outbox.batch().clone();
        outbox.frame(frame(1, 1.0));
        assert_eq!(*outbox.batch(), first);
        outbox.acknowledged(0);
        assert_eq!(*outbox.batch(), first);
        outbox.acknowledged(1);
        let second = outbox.batch().clone();
        assert_eq!((second.first, second.messages.len()), (1, 1));
        outbox.acknowledged(2);
        assert!(outbox.is_empty());
        assert!(outbox.batch().messages.is_empty() && outbox.is_empty());
    }

    #[test]
    fn old_frames_are_merged_and_nothing_is_lost() {
        let mut outbox = Outbox::default();
        for second in 0..1_000 {
            outbox.frame(frame(second, 1.0));
        }
        let (mut sum, mut end, mut count) = (0.0, Duration::ZERO, 0);
        while !outbox.is_empty() {
            let batch = outbox.batch().clone();
            for frame in frames(&batch) {
                let Some(Point::Counter(counter)) = frame.point(0) else {
                    panic!("a counter")
                };
                sum += counter.count;
                assert_eq!(frame.start, end);
                end = frame.end();
                count += 1;
            }
            outbox.acknowledged(batch.first + batch.messages.len() as u64);
        }
        assert_eq!((sum, end.as_secs(), count), (1_000.0, 1_000, MOST_FRAMES));
    }

    #[test]
    fn only_the_latest_heartbeat_waits() {
        let mut outbox = Outbox::default();
        for complete in 0..10 {
            outbox.message(Content::Heartbeat(Heartbeat {
                complete,
                ..Heartbeat::default()
            }));
        }
        assert_eq!(outbox.batch().messages.len(), 1);
    }
}
