//! Decodes Server-Sent Events from bytes, as specified by the WHATWG ("event stream interpretation").
//!
//! Push the bytes of a stream into a [`Decoder`] as they arrive, split anywhere. It calls a [`Sink`] for each event, comment
//! and `retry` field as early as the bytes allow: at the CR of a final CR or CRLF, before the next byte. It converts and
//! copies only what it must: an [`Event`] borrows bytes, and [`text`] converts them to text.
//!
//! Beyond the standard, the decoder reports the `id` of each block and its comments, and bounds the size of a block.

mod block;
#[cfg(test)]
#[path = "../../../src/tests/capture.rs"]
#[allow(
    dead_code,
    reason = "two packages read the recordings, each some of their fields"
)]
mod capture;
mod decoder;
mod event;
mod field;

pub use decoder::{DEFAULT_MAX_EVENT_BYTES, Decoder, TooLarge};
pub use event::{Event, Flow, Sink, text};

/// The example of the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
