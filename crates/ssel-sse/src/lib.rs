//! Server-Sent Events: bytes in, events out, as the WHATWG's "event stream interpretation" has it.
//!
//! A [`Decoder`] is pushed the bytes of a stream as they arrive, cut anywhere, and calls a [`Sink`] for each event,
//! comment and `retry` field, as early as the bytes allow: at the CR of a closing CR or CRLF, not at the byte after it.
//! Nothing is converted or copied without need: an [`Event`] is borrowed bytes, and [`text`] turns them into text.
//!
//! Beyond the standard, which speaks of events only, a block's own `id` and its comments are reported, and the
//! size of a block is bounded.

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
