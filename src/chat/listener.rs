//! Who hears of the words of a reply while they arrive.

use std::task::{Context, Poll};
use std::time::Duration;

use crate::http::Traffic;
use crate::llm::{Part, Reader};

/// A piece of a reply's first choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// Since the request's start: the moment its bytes were read from the socket.
    pub at: Duration,
    /// What it is a piece of.
    pub part: Part,
    /// Its text.
    pub text: &'a str,
}

/// Hears of a reply while it arrives.
pub trait Listener {
    /// Whether it wants fragments at all. They are made of the text, so the reader has to keep that.
    fn wants_fragments(&self) -> bool {
        false
    }

    /// A fragment that is not empty.
    fn fragment(&mut self, fragment: &Fragment<'_>) {
        let _ = fragment;
    }

    /// Ready once it has had enough: the exchange then ends and closes its connection.
    fn poll_enough(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = cx;
        Poll::Pending
    }

    /// The exchange was dropped in the middle of its reply; so many bytes have crossed the wire.
    fn cut_off(&mut self, traffic: Traffic) {
        let _ = traffic;
    }
}

/// Nobody.
impl Listener for () {}

/// How much of each part has been told.
#[derive(Debug, Default)]
pub(super) struct Told([usize; 3]);

impl Told {
    /// Tells `listener` what has come since the last time: reasoning, then content, then tool calls.
    pub(super) fn tell(&mut self, at: Duration, reader: &Reader, listener: &mut impl Listener) {
        let parts = [
            (Part::Reasoning, reader.reasoning()),
            (Part::Content, reader.text()),
            (Part::Tool, reader.tool_arguments()),
        ];
        for (told, (part, text)) in self.0.iter_mut().zip(parts) {
            let Some(text) = text.get(*told..).filter(|text| !text.is_empty()) else {
                continue;
            };
            *told += text.len();
            listener.fragment(&Fragment { at, part, text });
        }
    }
}
