//! Events, and the trait that receives them.

use std::borrow::Cow;
use std::time::Duration;

/// One dispatched event. All fields are the raw bytes of the stream, see [`text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `id` field of this block, if it has a valid one.
    pub id: Option<&'a [u8]>,
    /// The last event ID of the stream, the `lastEventId` of the WHATWG.
    pub last_event_id: &'a [u8],
    /// The `event` field; empty without one, which means `message`. See [`Event::name_or_default`].
    pub name: &'a [u8],
    /// The values of the `data` fields, joined by LF.
    pub data: &'a [u8],
    /// The last comment of the block, without the colon and one space; empty without one.
    pub comment: &'a [u8],
}

impl<'a> Event<'a> {
    /// An event with data only.
    #[inline]
    pub(super) fn of_data(data: &'a [u8], last_event_id: &'a [u8]) -> Self {
        Self {
            id: None,
            last_event_id,
            name: b"",
            data,
            comment: b"",
        }
    }

    /// The type of the event by the WHATWG: `message` by default.
    pub fn name_or_default(&self) -> &'a [u8] {
        if self.name.is_empty() {
            b"message"
        } else {
            self.name
        }
    }
}

/// Whether a [`Sink`] wants more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Continue.
    Continue,
    /// Stop: the rest of the stream is ignored.
    Stop,
}

/// Receives the items of a [`Decoder`](super::Decoder), in the order of the stream. The borrowed bytes live as long as
/// the call.
///
/// Any `FnMut(&Event<'_>) -> Flow` is a sink that receives only events.
pub trait Sink {
    /// An event, at the end of its block.
    fn event(&mut self, event: &Event<'_>) -> Flow;

    /// A comment, at the end of its line, without the colon and one space after it.
    fn comment(&mut self, comment: &[u8]) -> Flow {
        let _ = comment;
        Flow::Continue
    }

    /// The pause before a reconnect that the server sets, at the end of its line.
    fn retry(&mut self, delay: Duration) {
        let _ = delay;
    }
}

impl<F: FnMut(&Event<'_>) -> Flow> Sink for F {
    fn event(&mut self, event: &Event<'_>) -> Flow {
        self(event)
    }
}

/// The bytes of a field as text. Invalid UTF-8 becomes U+FFFD, as the WHATWG specifies.
///
/// Decoding each field gives the same result as decoding the whole stream, because ASCII characters separate fields and
/// are never part of an invalid sequence.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
