//! The time slice after which busy work yields its thread.

use std::future::Future;
use std::pin::pin;
use std::task::Context;
use std::time::Duration;

/// How long such work may delay the sockets and timers of other tasks.
pub(crate) const TIME_SLICE: Duration = Duration::from_micros(100);

/// Wakes the task of `cx` after the runtime has polled sockets and timers; the task must return `Pending` now.
///
/// An immediate wake-up would not suffice: the scheduler first runs other ready tasks.
pub(crate) fn yield_to_runtime(cx: &mut Context<'_>) {
    // The first poll of this future defers the waker until then.
    if pin!(tokio::task::yield_now()).poll(cx).is_ready() {
        cx.waker().wake_by_ref();
    }
}
