//! The trait that receives the words of a reply as they arrive.

use std::task::{Context, Poll};
use std::time::Duration;

use crate::http::{Head, Traffic};
use crate::llm::{FragmentKind, Reader};
use crate::sse::Flow;

/// A piece of a reply's first choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// Since the request's start: the moment its bytes were read from the socket.
    pub at: Duration,
    /// What it is a piece of.
    pub part: FragmentKind,
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

    /// Whether the reply is to be read on: `Stop` ends the exchange and closes its connection, `Pending` says that there is
    /// no room for more at the moment. The listener wakes the last context it was asked with when its answer changes.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Flow> {
        let _ = cx;
        Poll::Ready(Flow::Continue)
    }

    /// The exchange was dropped before it was over: answered or not, and with so many bytes on the wire.
    fn cut_off(&mut self, head: Option<&Head>, traffic: Traffic) {
        let _ = (head, traffic);
    }
}

/// Nobody.
impl Listener for () {}

/// How much of each part has been told.
#[derive(Debug, Default)]
pub(super) struct Forwarded([usize; 3]);

impl Forwarded {
    /// Tells `listener` what has come since the last time: reasoning, then content, then tool calls.
    pub(super) fn tell(&mut self, at: Duration, reader: &Reader, listener: &mut impl Listener) {
        let parts = [
            (FragmentKind::Reasoning, reader.reasoning()),
            (FragmentKind::Content, reader.text()),
            (FragmentKind::Tool, reader.tool_arguments()),
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
