//! Wakers of waiting coroutines.

use std::cell::RefCell;
use std::task::{Context, Waker};

/// The waker of one waiting future.
#[derive(Default)]
pub(crate) struct WakerSlot(RefCell<Option<Waker>>);

impl WakerSlot {
    /// The future that is polled with `cx` waits.
    pub(crate) fn set(&self, cx: &Context<'_>) {
        match &mut *self.0.borrow_mut() {
            Some(known) => known.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
    }

    /// Wakes the future that waited last.
    pub(crate) fn wake(&self) {
        if let Some(waker) = &*self.0.borrow() {
            waker.wake_by_ref();
        }
    }
}
