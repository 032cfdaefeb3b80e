//! The fragments of a reply that wait for Lua.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::Poll;
use std::time::Duration;

use crate::chat::Fragment;
use crate::llm::FragmentKind;
use crate::script::tasks::QUEUE_LIMIT;
use crate::sse::Flow;

/// A larger text buffer is freed when it is empty.
const USUAL: usize = 64 * 1024;

/// A queue of fragments with one string for all texts.
#[derive(Default)]
pub(super) struct Fragments {
    texts: RefCell<String>,
    /// For each fragment the end of its text, its time and its kind.
    marks: RefCell<VecDeque<(usize, Duration, FragmentKind)>>,
    /// The start of the next fragment.
    next: Cell<usize>,
    is_closed: Cell<bool>,
}

impl Fragments {
    pub(super) fn put(&self, fragment: &Fragment<'_>) {
        let mut texts = self.texts.borrow_mut();
        texts.push_str(fragment.text);
        self.marks
            .borrow_mut()
            .push_back((texts.len(), fragment.at, fragment.part));
    }

    /// Passes the next fragment to `f`; `None` if there is none.
    pub(super) fn take<T>(&self, f: impl FnOnce(&str, Duration, &'static str) -> T) -> Option<T> {
        let mut marks = self.marks.borrow_mut();
        let (end, at, part) = marks.pop_front()?;
        let start = self.next.replace(end);
        let mut texts = self.texts.borrow_mut();
        let taken = f(texts.get(start..end).unwrap_or_default(), at, word(part));
        if marks.is_empty() {
            texts.clear();
            self.next.set(0);
            if texts.capacity() > USUAL {
                *texts = String::new();
                *marks = VecDeque::new();
            }
        }
        Some(taken)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.marks.borrow().is_empty()
    }

    /// Stops the reply.
    pub(super) fn close(&self) {
        self.is_closed.set(true);
    }

    /// Whether reading has to pause.
    pub(super) fn is_full(&self) -> bool {
        let marks = self.marks.borrow().len() * size_of::<(usize, Duration, FragmentKind)>();
        self.texts.borrow().len() + marks >= QUEUE_LIMIT
    }

    /// Ready when reading may continue.
    pub(super) fn poll_ready(&self) -> Poll<Flow> {
        if self.is_closed.get() {
            Poll::Ready(Flow::Stop)
        } else if self.is_full() {
            Poll::Pending
        } else {
            Poll::Ready(Flow::Continue)
        }
    }
}

fn word(part: FragmentKind) -> &'static str {
    match part {
        FragmentKind::Content => "content",
        FragmentKind::Reasoning => "reasoning",
        FragmentKind::Tool => "tool",
    }
}
