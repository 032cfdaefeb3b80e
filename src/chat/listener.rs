//! The trait for receiving the text of a reply as it arrives.

use std::task::{Context, Poll};
use std::time::Duration;

use crate::http::{Head, Traffic};
use crate::llm::{FragmentKind, Reader};
use crate::sse::Flow;

/// A piece of the text of the first choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// The time at which its bytes were read from the socket, since the start of the request.
    pub at: Duration,
    /// Its kind.
    pub part: FragmentKind,
    /// Its text.
    pub text: &'a str,
}

/// Receives a reply while it arrives.
pub trait Listener {
    /// Whether it takes fragments, for which the reader has to keep the text.
    fn wants_fragments(&self) -> bool {
        false
    }

    /// Receives a fragment that is not empty.
    fn fragment(&mut self, fragment: &Fragment<'_>) {
        let _ = fragment;
    }

    /// Whether to continue reading: `Stop` ends the exchange and closes its connection; `Pending` pauses reading because the
    /// listener cannot take more. The listener wakes the last context when this changes.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Flow> {
        let _ = cx;
        Poll::Ready(Flow::Continue)
    }

    /// Called when the exchange is dropped before its end. `head` is `None` without an answer; `traffic` counts its bytes.
    fn cut_off(&mut self, head: Option<&Head>, traffic: Traffic) {
        let _ = (head, traffic);
    }
}

/// Ignores everything.
impl Listener for () {}

/// The number of bytes of each kind of text that were passed to the listener.
#[derive(Debug, Default)]
pub(super) struct Forwarded([usize; 3]);

impl Forwarded {
    /// Passes the text since the last call to `listener`: reasoning, then content, then tool calls.
    pub(super) fn forward(&mut self, at: Duration, reader: &Reader, listener: &mut impl Listener) {
        let parts = [
            (FragmentKind::Reasoning, reader.reasoning()),
            (FragmentKind::Content, reader.text()),
            (FragmentKind::Tool, reader.tool_arguments()),
        ];
        for (forwarded, (part, text)) in self.0.iter_mut().zip(parts) {
            let Some(text) = text.get(*forwarded..).filter(|text| !text.is_empty()) else {
                continue;
            };
            *forwarded += text.len();
            listener.fragment(&Fragment { at, part, text });
        }
    }
}
