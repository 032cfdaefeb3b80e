//! A batch of events for LuaJIT's FFI: records of offsets into one block of text.

use std::time::Duration;

use crate::sse::{Event, text};

/// One event, or something else that happened to a stream. The layout is declared again in pour.lua.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    time: f64,
    pub(super) data: Span,
    pub(super) id: Span,
    pub(super) last_id: Span,
    pub(super) name: Span,
    pub(super) comment: Span,
    pub(super) kind: Kind,
}

/// What a record is.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Event = 0,
    /// A comment line; `data` is its text.
    Comment = 1,
    /// An attempt failed and another one follows; the error is kept elsewhere.
    Failure = 2,
    /// The stream is open.
    Open = 3,
}

/// A piece of the batch's text.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) offset: u32,
    pub(super) length: u32,
}

impl Record {
    fn new(kind: Kind, at: Duration) -> Self {
        let none = Span::default();
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
        self.kind == Kind::Event
    }
}

/// A buffer that grew beyond this is given back when nothing is in it.
const USUAL: usize = 64 * 1024;

/// A batch of fewer records than this that is so large has large events, which are rare; many small ones come in floods.
const FEW: usize = 16;

/// Records in the order they came. The texts are valid UTF-8 as WHATWG decodes it.
#[derive(Debug, Default)]
pub(super) struct Batch {
    records: Vec<Record>,
    texts: Vec<u8>,
    /// Where the last event id stands in `texts`, so that a thousand events of one id share it.
    last_id: Span,
    /// Where the name `message` stands, once an event has it.
    message: Option<Span>,
}

impl Batch {
    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(super) fn texts(&self) -> &[u8] {
        &self.texts
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Bytes the batch holds.
    pub(super) fn size(&self) -> usize {
        self.texts.len() + self.records.len() * size_of::<Record>()
    }

    /// Whether it holds a few events that are large.
    pub(super) fn is_bulky(&self) -> bool {
        self.records.len() < FEW && self.texts.len() > USUAL
    }

    /// Whether it needed more memory than is usual.
    pub(super) fn is_large(&self) -> bool {
        self.size() > USUAL
    }

    /// Forgets the records. Its memory is used again, unless it was a rare event that needed so much.
    pub(super) fn clear(&mut self) {
        if self.is_bulky() {
            *self = Self::default();
            return;
        }
        self.records.clear();
        self.texts.clear();
        self.last_id = Span::default();
        self.message = None;
    }

    /// Gives back the memory of what grew in a flood that is over. The batch is empty.
    pub(super) fn shrink(&mut self) {
        if self.texts.capacity() > USUAL || self.records.capacity() * size_of::<Record>() > USUAL {
            *self = Self::default();
        }
    }

    /// Adds an event that was read at `at`.
    pub(super) fn event(&mut self, at: Duration, event: &Event<'_>) {
        let last_id = self.keep_last_id(event.last_event_id);
        let record = Record {
            data: self.keep(event.data),
            id: match event.id {
                Some(id) if id == event.last_event_id => last_id,
                Some(id) => self.keep(id),
                None => Span::default(),
            },
            last_id,
            name: self.keep_name(event),
            comment: self.keep(event.comment),
            ..Record::new(Kind::Event, at)
        };
        self.records.push(record);
    }

    /// Adds a comment line.
    pub(super) fn comment(&mut self, at: Duration, comment: &[u8]) {
        let data = self.keep(comment);
        self.records.push(Record {
            data,
            ..Record::new(Kind::Comment, at)
        });
    }

    /// Adds the failure of an attempt.
    pub(super) fn failure(&mut self, at: Duration) {
        self.records.push(Record::new(Kind::Failure, at));
    }

    /// Adds that the stream is open.
    pub(super) fn opened(&mut self) {
        self.records.push(Record::new(Kind::Open, Duration::ZERO));
    }

    fn keep(&mut self, bytes: &[u8]) -> Span {
        if bytes.is_empty() {
            return Span::default();
        }
        // A batch ends long before 4 GiB: reading stops at `QUEUE_LIMIT`, an event at `max_event_bytes`.
        let offset = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        match std::str::from_utf8(bytes) {
            Ok(_) => self.texts.extend_from_slice(bytes),
            Err(_) => self.texts.extend_from_slice(text(bytes).as_bytes()),
        }
        Span {
            offset,
            length: u32::try_from(self.texts.len()).unwrap_or(u32::MAX) - offset,
        }
    }

    fn keep_name(&mut self, event: &Event<'_>) -> Span {
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

    fn keep_last_id(&mut self, id: &[u8]) -> Span {
        let Span { offset, length } = self.last_id;
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
    fn the_memory_of_a_rare_large_event_goes_with_it() {
        let mut batch = Batch::default();
        batch.event(Duration::ZERO, &event(&vec![b'x'; 1 << 20]));
        assert!(batch.is_bulky());
        batch.clear();
        assert!(batch.texts.capacity() == 0);
    }

    #[test]
    fn the_memory_of_a_flood_is_used_again_until_it_is_over() {
        let mut batch = Batch::default();
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
