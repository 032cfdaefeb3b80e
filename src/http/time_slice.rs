//! The time slice after which busy work yields its thread.

use std::future::Future;
use std::pin::pin;
use std::task::Context;
use std::time::Duration;

/// How long work that never has to wait may keep its thread from the sockets and timers of others.
pub(crate) const TIME_SLICE: Duration = Duration::from_micros(100);

/// Wakes the task of `cx` again once the runtime has looked at its sockets and timers; the task is to return
/// `Pending` now.
///
/// To wake it at once would not do: a scheduler runs tasks that are ready for a while before it looks at anything else.
pub(crate) fn yield_to_runtime(cx: &mut Context<'_>) {
    // The first poll of this future leaves the waker with the runtime until after that look.
    if pin!(tokio::task::yield_now()).poll(cx).is_ready() {
        cx.waker().wake_by_ref();
    }
}
