//! Writes down what a decoder reports, as text.

use std::time::Duration;

use super::sse::{Decoder, Event, Flow, Sink, TooLarge, text};

/// One call of a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Event {
        id: Option<String>,
        last_event_id: String,
        name: String,
        data: String,
        comment: String,
    },
    Comment(String),
    Retry(Duration),
}

/// A sink that keeps everything and stops after the item with the number `stop_after`, counted from 1.
#[derive(Default)]
pub(super) struct Record {
    pub(super) items: Vec<Item>,
    pub(super) stop_after: Option<usize>,
}

impl Record {
    fn flow(&self) -> Flow {
        if Some(self.items.len()) == self.stop_after {
            Flow::Stop
        } else {
            Flow::Continue
        }
    }
}

impl Sink for Record {
    fn event(&mut self, event: &Event<'_>) -> Flow {
        let owned = |bytes| text(bytes).into_owned();
        self.items.push(Item::Event {
            id: event.id.map(owned),
            last_event_id: owned(event.last_event_id),
            name: owned(event.name_or_default()),
            data: owned(event.data),
            comment: owned(event.comment),
        });
        self.flow()
    }

    fn comment(&mut self, comment: &[u8]) -> Flow {
        self.items.push(Item::Comment(text(comment).into_owned()));
        self.flow()
    }

    fn retry(&mut self, delay: Duration) {
        self.items.push(Item::Retry(delay));
    }
}

/// What came out of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) items: Vec<Item>,
    pub(super) last_event_id: String,
    pub(super) end: Result<(), TooLarge>,
}

/// Decodes `chunks` one by one under `limit`.
pub(super) fn decode_limited<'c>(
    limit: usize,
    chunks: impl IntoIterator<Item = &'c [u8]>,
) -> Outcome {
    let mut decoder = Decoder::new(limit);
    let mut record = Record::default();
    let mut end = Ok(());
    for chunk in chunks {
        end = decoder.push(chunk, &mut record);
    }
    let last_event_id = text(decoder.last_event_id()).into_owned();
    Outcome {
        items: record.items,
        last_event_id,
        end,
    }
}

/// Decodes `chunks` one by one.
pub(super) fn decode<'c>(chunks: impl IntoIterator<Item = &'c [u8]>) -> Vec<Item> {
    let outcome = decode_limited(usize::MAX, chunks);
    assert_eq!(outcome.end, Ok(()));
    outcome.items
}

/// Cuts `bytes` at each of `cuts`, in any order; positions beyond the end wrap round.
pub(super) fn cut<'c>(bytes: &'c [u8], cuts: &[usize]) -> Vec<&'c [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let mut chunks = Vec::with_capacity(cuts.len() + 1);
    let mut from = 0;
    for cut in cuts {
        chunks.push(&bytes[from..cut]);
        from = cut;
    }
    chunks.push(&bytes[from..]);
    chunks
}

/// Decodes `bytes` whole, byte by byte and at every single cut; all must give the same items, which are returned.
pub(super) fn decode_at_every_cut(bytes: &[u8]) -> Vec<Item> {
    let whole = decode([bytes]);
    assert_eq!(
        decode(bytes.chunks(1)),
        whole,
        "byte by byte: {}",
        bytes.escape_ascii()
    );
    for cut in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(cut);
        assert_eq!(
            decode([head, tail]),
            whole,
            "cut at {cut}: {}",
            bytes.escape_ascii()
        );
    }
    whole
}

/// The events among `items` as (type, data, lastEventId).
pub(super) fn events(items: &[Item]) -> Vec<(&str, &str, &str)> {
    items
        .iter()
        .filter_map(|item| match item {
            Item::Event {
                name,
                data,
                last_event_id,
                ..
            } => Some((&**name, &**data, &**last_event_id)),
            _ => None,
        })
        .collect()
}
