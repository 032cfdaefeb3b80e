//! A batch of events for LuaJIT's FFI: records of offsets into one block of text.

use std::time::Duration;

use crate::sse::{Event, text};

/// An event or another record of a stream. flood.lua declares the same layout.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct EventRecord {
    time: f64,
    pub(super) data: TextRange,
    pub(super) id: TextRange,
    pub(super) last_id: TextRange,
    pub(super) name: TextRange,
    pub(super) comment: TextRange,
    pub(super) kind: RecordKind,
}

/// The kinds of records.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordKind {
    Event = 0,
    /// A comment line; `data` is its text.
    Comment = 1,
    /// An attempt failed and another one follows; the error is stored elsewhere.
    Failure = 2,
    /// The stream is open.
    Open = 3,
}

/// A range of the batch's text.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TextRange {
    pub(super) offset: u32,
    pub(super) length: u32,
}

impl EventRecord {
    fn new(kind: RecordKind, at: Duration) -> Self {
        let none = TextRange::default();
        Self {
            time: at.as_secs_f64(),
            data: none,
            id: none,
            last_id: none,
            name: none,
            comment: none,
            kind,
        }
    }

    /// Seconds since the request's start at which the bytes were read.
    pub(super) fn time(&self) -> f64 {
        self.time
    }

    /// Whether this is an event.
    pub(super) fn is_event(&self) -> bool {
        self.kind == RecordKind::Event
    }
}

/// A larger buffer is freed when it is empty.
const USUAL: usize = 64 * 1024;

/// A batch that is this large with fewer records has large events, which are rare; floods have many small ones.
const FEW: usize = 16;

/// Records in the order of arrival. Their texts are valid UTF-8, decoded as WHATWG specifies.
#[derive(Debug, Default)]
pub(super) struct EventBatch {
    records: Vec<EventRecord>,
    texts: Vec<u8>,
    /// The last event ID in `texts`; events with the same ID share it.
    last_id: TextRange,
    /// The name `message` in `texts`, once an event has it.
    message: Option<TextRange>,
}

impl EventBatch {
    pub(super) fn records(&self) -> &[EventRecord] {
        &self.records
    }

    pub(super) fn texts(&self) -> &[u8] {
        &self.texts
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The number of bytes in the batch.
    pub(super) fn size(&self) -> usize {
        self.texts.len() + self.records.len() * size_of::<EventRecord>()
    }

    /// Whether it contains a few large events.
    pub(super) fn is_bulky(&self) -> bool {
        self.records.len() < FEW && self.texts.len() > USUAL
    }

    /// Whether it needed more memory than usual.
    pub(super) fn is_large(&self) -> bool {
        self.size() > USUAL
    }

    /// Removes the records. The memory is reused, unless a rare large event needed it.
    pub(super) fn clear(&mut self) {
        if self.is_bulky() {
            *self = Self::default();
            return;
        }
        self.records.clear();
        self.texts.clear();
        self.last_id = TextRange::default();
        self.message = None;
    }

    /// Frees the memory of a flood that has ended. The batch must be empty.
    pub(super) fn shrink(&mut self) {
        if self.texts.capacity() > USUAL
            || self.records.capacity() * size_of::<EventRecord>() > USUAL
        {
            *self = Self::default();
        }
    }

    /// Adds an event that was read at `at`.
    pub(super) fn event(&mut self, at: Duration, event: &Event<'_>) {
        let last_id = self.keep_last_id(event.last_event_id);
        let record = EventRecord {
            data: self.keep(event.data),
            id: match event.id {
                Some(id) if id == event.last_event_id => last_id,
                Some(id) => self.keep(id),
                None => TextRange::default(),
            },
            last_id,
            name: self.keep_name(event),
            comment: self.keep(event.comment),
            ..EventRecord::new(RecordKind::Event, at)
        };
        self.records.push(record);
    }

    /// Adds a comment line.
    pub(super) fn comment(&mut self, at: Duration, comment: &[u8]) {
        let data = self.keep(comment);
        self.records.push(EventRecord {
            data,
            ..EventRecord::new(RecordKind::Comment, at)
        });
    }

    /// Adds the failure of an attempt.
    pub(super) fn failure(&mut self, at: Duration) {
        self.records.push(EventRecord::new(RecordKind::Failure, at));
    }

    /// Adds that the stream is open.
    pub(super) fn opened(&mut self) {
        self.records
            .push(EventRecord::new(RecordKind::Open, Duration::ZERO));
    }

    fn keep(&mut self, bytes: &[u8]) -> TextRange {
        if bytes.is_empty() {
            return TextRange::default();
        }
        // A batch stays far below 4 GiB: reading stops at `QUEUE_LIMIT`, an event at `max_event_bytes`.
        let offset = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        match std::str::from_utf8(bytes) {
            Ok(_) => self.texts.extend_from_slice(bytes),
            Err(_) => self.texts.extend_from_slice(text(bytes).as_bytes()),
        }
        TextRange {
            offset,
            length: u32::try_from(self.texts.len()).unwrap_or(u32::MAX) - offset,
        }
    }

    fn keep_name(&mut self, event: &Event<'_>) -> TextRange {
        if !event.name.is_empty() {
            return self.keep(event.name);
        }
        if let Some(message) = self.message {
            return message;
        }
        let message = self.keep(event.name_or_default());
        self.message = Some(message);
        message
    }

    fn keep_last_id(&mut self, id: &[u8]) -> TextRange {
        let TextRange { offset, length } = self.last_id;
        if self.texts.get(offset as usize..(offset + length) as usize) != Some(id) {
            self.last_id = self.keep(id);
        }
        self.last_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &[u8]) -> Event<'_> {
        Event {
            id: None,
            last_event_id: b"",
            name: b"",
            data,
            comment: b"",
        }
    }

    #[test]
    fn the_memory_of_a_rare_large_event_is_freed() {
        let mut batch = EventBatch::default();
        batch.event(Duration::ZERO, &event(&vec![b'x'; 1 << 20]));
        assert!(batch.is_bulky());
        batch.clear();
        assert!(batch.texts.capacity() == 0);
    }

    #[test]
    fn the_memory_of_a_flood_is_reused_until_its_end() {
        let mut batch = EventBatch::default();
        for _ in 0..10_000 {
            batch.event(Duration::ZERO, &event(b"0123456789abcdef"));
        }
        let (texts, records) = (batch.texts.capacity(), batch.records.capacity());
        batch.clear();
        assert_eq!(
            (texts, records),
            (batch.texts.capacity(), batch.records.capacity())
        );
        batch.shrink();
        assert_eq!((batch.texts.capacity(), batch.records.capacity()), (0, 0));
    }
}
