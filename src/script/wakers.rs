//! Wakers of waiting coroutines.

use std::cell::RefCell;
use std::task::{Context, Waker};

/// A place for the waker of one waiting future.
#[derive(Default)]
pub(crate) struct Slot(RefCell<Option<Waker>>);

impl Slot {
    /// Whoever is polled with `cx` waits.
    pub(crate) fn set(&self, cx: &Context<'_>) {
        match &mut *self.0.borrow_mut() {
            Some(known) => known.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
    }

    /// Wakes whoever waited last.
    pub(crate) fn wake(&self) {
        if let Some(waker) = &*self.0.borrow() {
            waker.wake_by_ref();
        }
    }
}
