//! Decoded events laid out for LuaJIT's FFI: records of offsets into one block of text.

use std::time::Duration;

use crate::http::EventSink;
use crate::sse::{Event, Flow, text};

/// One event or comment. The layout is declared again in sse.lua.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    time: f64,
    data: Span,
    id: Span,
    last_id: Span,
    name: Span,
    comment: Span,
    is_comment: u32,
}

/// A piece of the batch's text.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Span {
    offset: u32,
    length: u32,
}

impl Record {
    /// Seconds since the request's start at which the bytes were read.
    pub(super) fn time(&self) -> f64 {
        self.time
    }

    /// Whether this is a comment line and no event.
    pub(super) fn is_comment(&self) -> bool {
        self.is_comment != 0
    }
}

/// Events in the order they came. The texts are valid UTF-8 as WHATWG decodes it.
#[derive(Debug)]
pub(super) struct Batch {
    records: Vec<Record>,
    texts: Vec<u8>,
    /// Where the last event id stands in `texts`, so that a thousand events of one id share it.
    last_id: Span,
    /// Where the name `message` stands, once an event has it.
    message: Option<Span>,
    /// Whether the script wants comments too.
    comments: bool,
}

impl Batch {
    /// A batch without events; `comments` tells whether comments are kept as well.
    pub(super) fn new(comments: bool) -> Self {
        Self {
            records: Vec::new(),
            texts: Vec::new(),
            last_id: Span::default(),
            message: None,
            comments,
        }
    }

    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(super) fn texts(&self) -> &[u8] {
        &self.texts
    }

    pub(super) fn has_records(&self) -> bool {
        !self.records.is_empty()
    }

    /// Bytes the batch holds.
    pub(super) fn size(&self) -> usize {
        self.texts.len() + self.records.len() * size_of::<Record>()
    }

    /// Forgets the events and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.records.clear();
        self.texts.clear();
        self.last_id = Span::default();
        self.message = None;
    }

    fn keep(&mut self, bytes: &[u8]) -> Span {
        if bytes.is_empty() {
            return Span::default();
        }
        // A batch ends long before 4 GiB: the reader stops at `stream::QUEUE_LIMIT`, an event at `max_event_bytes`.
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

impl EventSink for Batch {
    fn event(&mut self, at: Duration, event: &Event<'_>) -> Flow {
        let last_id = self.keep_last_id(event.last_event_id);
        let record = Record {
            time: at.as_secs_f64(),
            data: self.keep(event.data),
            id: match event.id {
                Some(id) if id == event.last_event_id => last_id,
                Some(id) => self.keep(id),
                None => Span::default(),
            },
            last_id,
            name: self.keep_name(event),
            comment: self.keep(event.comment),
            is_comment: 0,
        };
        self.records.push(record);
        Flow::Continue
    }

    fn comment(&mut self, at: Duration, comment: &[u8]) -> Flow {
        if self.comments {
            let data = self.keep(comment);
            let none = Span::default();
            self.records.push(Record {
                time: at.as_secs_f64(),
                data,
                id: none,
                last_id: none,
                name: none,
                comment: none,
                is_comment: 1,
            });
        }
        Flow::Continue
    }
}
